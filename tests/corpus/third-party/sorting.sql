-- o001
SELECT PatNum, FName, Email FROM patient WHERE PatStatus = 0 ORDER BY RAND() LIMIT 10;
-- o002
SELECT * FROM securitylog LIMIT 3500000, 10000;
-- o003
SELECT * FROM securitylog ORDER BY SecurityLogNum LIMIT 3500000, 10000;
-- o004
SELECT * FROM procedurelog ORDER BY ProcNum DESC LIMIT 100;
-- o005
SELECT * FROM procedurelog ORDER BY DateTStamp DESC LIMIT 100;
-- o006
SELECT * FROM procedurelog ORDER BY SecDateEntry DESC LIMIT 100;
-- o007
SELECT * FROM patient ORDER BY LName, FName;
-- o008
SELECT * FROM patient ORDER BY LName, FName LIMIT 25;
-- o009
SELECT PatNum FROM patient ORDER BY PatNum;
-- o010
SELECT ProvNum, COUNT(*) FROM procedurelog GROUP BY ProvNum;
-- o011
SELECT ProvNum, SUM(ProcFee) FROM procedurelog GROUP BY ProvNum;
-- o012
SELECT ProcStatus, COUNT(*) FROM procedurelog GROUP BY ProcStatus;
-- o013
SELECT PatNum, COUNT(*) FROM commlog GROUP BY PatNum;
-- o014
SELECT PatNum, MAX(CommDateTime) FROM commlog GROUP BY PatNum;
-- o015
SELECT AptStatus, MAX(AptDateTime) FROM appointment GROUP BY AptStatus;
-- o016
SELECT PatNum FROM payment GROUP BY PatNum HAVING COUNT(*) > 20;
-- o017
SELECT * FROM commlog WHERE PatNum = 9 ORDER BY CommDateTime DESC LIMIT 1;
-- o018
SELECT * FROM appointment WHERE AptStatus = 1 ORDER BY AptDateTime LIMIT 10;
-- o019
SELECT * FROM appointment WHERE PatNum = 9 ORDER BY AptDateTime;
-- o020
SELECT * FROM claimproc ORDER BY SecDateTEdit LIMIT 1000;
-- o021
SELECT * FROM sheetfield LIMIT 10;
-- o022
SELECT * FROM document WHERE PatNum > 0 ORDER BY DocNum LIMIT 500;
-- o023
SELECT * FROM paysplit WHERE DatePay >= '2026-11-20' ORDER BY DatePay;
-- o024
SELECT COUNT(*), DATE(LogDateTime) FROM securitylog GROUP BY DATE(LogDateTime);
-- o025
SELECT YEAR(ProcDate), SUM(ProcFee) FROM procedurelog GROUP BY YEAR(ProcDate);
-- o026
SELECT SQL_NO_CACHE * FROM histappointment ORDER BY HistApptNum DESC LIMIT 1;
-- o027
SELECT * FROM payment ORDER BY PayDate DESC LIMIT 50;
-- o028
SELECT MAX(PatNum), MIN(PatNum) FROM patient;
