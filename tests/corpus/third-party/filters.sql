-- f001
SELECT ProcNum FROM procedurelog;
-- f002
SELECT * FROM document;
-- f003
SELECT PatNum, LName, FName, WirelessPhone, Email FROM patient WHERE DateTStamp > '2026-11-22 08:00:00';
-- f004
SELECT ProcNum, PatNum, ProcStatus, ProcFee FROM procedurelog WHERE DateTStamp >= '2026-11-22 07:29:55' AND DateTStamp < '2026-11-22 07:34:55';
-- f005
SELECT PatNum FROM patient WHERE WirelessPhone REGEXP '^1?555';
-- f006
SELECT CommlogNum, PatNum, Note FROM commlog WHERE Note LIKE '%recall%';
-- f007
SELECT SUM(InsPayAmt), SUM(WriteOff) FROM claimproc WHERE ProcDate BETWEEN '2020-01-01' AND '2020-01-31';
-- f008
SELECT SUM(InsPayAmt), SUM(WriteOff) FROM claimproc WHERE DateCP BETWEEN '2020-01-01' AND '2020-01-31' AND Status IN (1, 4);
-- f009
SELECT LName, FName FROM patient WHERE PatNum = 1234;
-- f010
SELECT PatNum FROM patient WHERE ChartNumber = 1234;
-- f011
SELECT PatNum FROM patient WHERE ChartNumber = '1234';
-- f012
SELECT * FROM patient WHERE HmPhone = '(555)555-0100';
-- f013
SELECT * FROM patient WHERE HmPhone LIKE '%5550100';
-- f014
SELECT PatNum, LName FROM patient WHERE LName LIKE 'Abb%';
-- f015
SELECT PatNum, LName FROM patient WHERE UPPER(LName) = 'ABBOTT';
-- f016
SELECT PatNum FROM patient WHERE CONCAT(FName, ' ', LName) LIKE '%smith%';
-- f017
SELECT AptNum FROM appointment WHERE DATE(AptDateTime) = '2026-11-23';
-- f018
SELECT AptNum FROM appointment WHERE AptDateTime >= '2026-11-23' AND AptDateTime < '2026-11-24';
-- f019
SELECT AptNum FROM appointment WHERE CAST(AptDateTime AS DATE) = '2026-11-23';
-- f020
SELECT AptNum FROM appointment WHERE DATE_FORMAT(AptDateTime, '%Y-%m-%d') = '2026-11-23';
-- f021
SELECT AptNum FROM appointment WHERE YEAR(AptDateTime) = 2026 AND MONTH(AptDateTime) = 11;
-- f022
SELECT AptNum FROM appointment WHERE AptDateTime + INTERVAL 1 DAY > NOW();
-- f023
SELECT AptNum FROM appointment WHERE AptDateTime > NOW() + INTERVAL 40 DAY;
-- f024
SELECT AptNum, PatNum FROM appointment WHERE DateTStamp > DATE_SUB(NOW(), INTERVAL 2 DAY);
-- f025
SELECT * FROM appointment WHERE AptNum = 1005 OR AptNum = 1010;
-- f026
SELECT * FROM appointment WHERE PatNum = 1005 OR ProvNum = 9;
-- f027
SELECT * FROM appointment WHERE PatNum = 1005 OR Note LIKE 'late%';
-- f028
SELECT * FROM appointment WHERE PatNum IN (100, 200, 300) AND AptStatus = 2;
-- f029
SELECT AptNum FROM appointment WHERE AptStatus = 1;
-- f030
SELECT AptNum FROM appointment WHERE AptStatus <> 2;
-- f031
SELECT AptNum, Note FROM appointment WHERE AptStatus NOT IN (2, 3);
-- f032
SELECT AptNum, Note FROM appointment WHERE AptStatus = 1 AND AptDateTime BETWEEN '2026-11-23' AND '2026-11-30';
-- f033
SELECT AptNum FROM appointment WHERE AptStatus IN (1, 2) AND AptDateTime BETWEEN '2026-11-23 00:00:00' AND '2026-11-24 00:00:00';
-- f034
SELECT * FROM procedurelog WHERE ProcDate = '2026-03-04';
-- f035
SELECT * FROM procedurelog WHERE ProcDate BETWEEN '2026-03-01' AND '2026-03-31' AND ProcStatus = 2;
-- f036
SELECT SUM(ProcFee) FROM procedurelog WHERE ProcDate BETWEEN '2017-01-01' AND '2025-12-31' AND ProcStatus = 2;
-- f037
SELECT * FROM procedurelog WHERE DateEntryC >= '2026-11-01';
-- f038
SELECT * FROM procedurelog WHERE SecDateEntry >= '2026-11-01';
-- f039
SELECT * FROM procedurelog WHERE PatNum = 1204 AND ProcStatus = 2;
-- f040
SELECT PatNum, ProcStatus, CodeNum, ProcDate FROM procedurelog WHERE PatNum = 1204 AND ProcStatus = 2 AND CodeNum = 77;
-- f041
SELECT COUNT(*) FROM procedurelog;
-- f042
SELECT COUNT(*) FROM procedurelog WHERE ProcStatus = 2;
-- f043
SELECT COUNT(*) FROM procedurelog WHERE ClinicNum = 2;
-- f044
SELECT MAX(ProcNum) FROM procedurelog;
-- f045
SELECT MAX(DateTStamp) FROM procedurelog;
-- f046
SELECT MAX(SecDateEntry) FROM procedurelog;
-- f047
SELECT MIN(AptDateTime) FROM appointment WHERE AptStatus = 1;
-- f048
SELECT MAX(DateTStamp) FROM patient;
-- f049
SELECT COUNT(DISTINCT PatNum) FROM procedurelog;
-- f050
SELECT DISTINCT ProvNum FROM procedurelog;
-- f051
SELECT DISTINCT PatNum FROM payment;
-- f052
SELECT * FROM payment WHERE PayDate = '2026-11-20';
-- f053
SELECT * FROM payment WHERE DateEntry >= '2026-11-20';
-- f054
SELECT * FROM payment WHERE SecDateTEdit > '2026-11-20 10:00:00';
-- f055
SELECT * FROM payment WHERE PayNum > 917000;
-- f056
SELECT PayNum FROM payment WHERE PayNum > 500;
-- f057
SELECT * FROM payment WHERE PayType = 3 AND PayDate > '2026-01-01';
-- f058
SELECT * FROM paysplit WHERE SecDateTEdit > '2026-11-21 10:00:00';
-- f059
SELECT * FROM paysplit WHERE DatePay BETWEEN '2026-11-01' AND '2026-11-15';
-- f060
SELECT * FROM paysplit WHERE ProcDate BETWEEN '2026-11-01' AND '2026-11-15';
-- f061
SELECT SUM(SplitAmt) FROM paysplit WHERE PatNum = 901;
-- f062
SELECT SUM(SplitAmt) FROM paysplit WHERE ProcNum = 90112;
-- f063
SELECT ProcNum, SplitAmt FROM paysplit WHERE ProcNum > 900000;
-- f064
SELECT * FROM adjustment WHERE AdjDate >= '2026-11-01';
-- f065
SELECT * FROM adjustment WHERE DateEntry >= '2026-11-01';
-- f066
SELECT * FROM adjustment WHERE YEAR(AdjDate) = 2026;
-- f067
SELECT * FROM adjustment WHERE AdjType = 4;
-- f068
SELECT * FROM adjustment WHERE PatNum = 55 AND AdjDate > '2020-01-01';
-- f069
SELECT * FROM commlog WHERE CommDateTime > '2026-11-21';
-- f070
SELECT * FROM commlog WHERE DateTStamp > '2026-11-21';
-- f071
SELECT * FROM commlog WHERE PatNum = 17 AND CommDateTime > '2024-01-01';
-- f072
SELECT * FROM commlog WHERE CommType = 3 AND CommDateTime > '2026-11-01';
-- f073
SELECT * FROM commlog WHERE SHA2(Note, 256) = 'd41d8cd98f00b204';
-- f074
SELECT CommlogNum, CRC32(CONCAT_WS('|', CommlogNum, PatNum, Note)) FROM commlog;
-- f075
SELECT * FROM securitylog WHERE LogDateTime > '2026-11-22 00:00:00';
-- f076
SELECT * FROM securitylog WHERE LogText LIKE '%deleted%';
-- f077
SELECT * FROM securitylog WHERE PermType = 3 AND LogDateTime BETWEEN '2026-11-21' AND '2026-11-22';
-- f078
SELECT * FROM securitylog WHERE DateTPrevious > '2026-11-01';
-- f079
SELECT * FROM securitylog WHERE PatNum = 3000 ORDER BY LogDateTime DESC LIMIT 20;
-- f080
SELECT * FROM document WHERE DateTStamp > '2026-11-20';
-- f081
SELECT * FROM document WHERE PatNum = 44 AND DocCategory = 5;
-- f082
SELECT * FROM document WHERE ExternalGUID = 'A1B2';
-- f083
SELECT * FROM document WHERE FileName LIKE 'Smith%';
-- f084
SELECT * FROM sheet WHERE DateTimeSheet > '2026-11-01';
-- f085
SELECT * FROM sheetfield WHERE FieldName = 'misc';
-- f086
SELECT * FROM sheetfield WHERE SheetNum = 500 AND FieldType = 2;
-- f087
SELECT * FROM sheetfield WHERE FieldType = 2;
-- f088
SELECT * FROM recall WHERE DateDue BETWEEN '2026-12-01' AND '2026-12-31' AND IsDisabled = 0;
-- f089
SELECT * FROM recall WHERE DateTStamp > '2026-11-20';
-- f090
SELECT * FROM claim WHERE ClaimStatus = 'S';
-- f091
SELECT * FROM claim WHERE DateSent >= '2026-11-01' AND ClaimStatus IN ('S', 'R');
-- f092
SELECT * FROM claim WHERE PatNum = 777 AND ClaimStatus = 'R';
-- f093
SELECT * FROM claimproc WHERE SecDateTEdit >= '2026-11-20';
-- f094
SELECT * FROM claimproc WHERE Status = 1 AND DateCP >= '2026-11-10' AND DateCP <= '2026-11-20';
-- f095
SELECT * FROM claimproc WHERE ClaimNum IN (100, 101, 102, 103);
-- f096
SELECT * FROM claimproc WHERE InsPayAmt > 100;
-- f097
SELECT * FROM claimproc WHERE ProvNum = 5 AND ProcDate BETWEEN '2026-11-01' AND '2026-11-30';
-- f098
SELECT * FROM claimproc WHERE ProvNum = 5 AND DateCP BETWEEN '2026-11-01' AND '2026-11-30';
-- f099
SELECT * FROM periomeasure WHERE PerioExamNum = 30;
-- f100
SELECT * FROM periomeasure WHERE IntTooth = 12;
-- f101
SELECT * FROM histappointment WHERE HistDateTStamp > '2026-11-20';
-- f102
SELECT * FROM histappointment WHERE AptNum = 1800 ORDER BY HistDateTStamp;
-- f103
SELECT * FROM schedule WHERE SchedDate = '2026-11-23' AND ProvNum = 4;
-- f104
SELECT * FROM schedule WHERE SchedDate BETWEEN '2026-11-23' AND '2026-11-27' AND SchedType = 1;
-- f105
SELECT * FROM fee WHERE FeeSched = 3 AND CodeNum = 120;
-- f106
SELECT * FROM fee WHERE CodeNum = 120;
-- f107
SELECT * FROM fee WHERE Amount > 0;
-- f108
SELECT * FROM benefit WHERE PlanNum = 20;
-- f109
SELECT * FROM patient WHERE Email = 'patient17@example.com';
-- f110
SELECT * FROM patient WHERE Email LIKE 'patient17%';
-- f111
SELECT * FROM patient WHERE REPLACE(REPLACE(WirelessPhone, '(', ''), ')', '') = '5555550100';
-- f112
SELECT PatNum FROM patient WHERE Birthdate = '1980-02-03';
-- f113
SELECT PatNum FROM patient WHERE MONTH(Birthdate) = 2 AND DAY(Birthdate) = 3;
-- f114
SELECT PatNum FROM patient WHERE Birthdate LIKE '1980%';
-- f115
SELECT PatNum, LName, FName FROM patient WHERE PatStatus = 0;
-- f116
SELECT PatNum, LName, FName FROM patient WHERE PatStatus <> 4;
-- f117
SELECT PatNum FROM patient WHERE PatStatus IN (0, 1) AND ClinicNum = 2;
-- f118
SELECT PatNum FROM patient WHERE NOT (PatNum > 100);
-- f119
SELECT PatNum FROM patient WHERE PatNum BETWEEN 100 AND 200;
-- f120
SELECT PatNum FROM patient WHERE PatNum + 0 = 100;
-- f121
SELECT PatNum FROM patient WHERE LName = 'Baker' AND FName = 'Ann';
-- f122
SELECT PatNum FROM patient WHERE FName = 'Ann';
-- f123
SELECT PatNum, Address FROM patient WHERE (LName, FName) = ('Baker', 'Ann');
-- f124
SELECT PatNum FROM patient WHERE LName COLLATE utf8mb3_bin = 'Baker';
-- f125
SELECT PatNum FROM patient WHERE BINARY LName = 'Baker';
-- f126
SELECT PatNum FROM patient WHERE City = 'Springfield' AND Zip = '00042';
-- f127
SELECT PatNum FROM patient WHERE SecDateEntry >= '2026-11-01';
-- f128
SELECT * FROM patient WHERE 9999 = 9999;
-- f129
SELECT * FROM patient USE INDEX (PatStatus) WHERE PatStatus = 2 AND ClinicNum = 1;
-- f130
SELECT * FROM patient IGNORE INDEX (PRIMARY) WHERE PatNum = 12;
-- f131
SELECT PatNum FROM patient WHERE PATNUM IN ('75,76,77');
-- f132
SELECT * FROM insplan WHERE GroupNum = '10001';
-- f133
SELECT * FROM carrier WHERE CarrierName LIKE '%Delta%';
-- f134
SELECT * FROM inssub WHERE SubscriberID = 'W123';
-- f135
SELECT * FROM task WHERE DateTimeOriginal > '2026-11-01' AND TaskStatus = 0;
-- f136
SELECT * FROM toothinitial WHERE PatNum = 88;
-- f137
SELECT * FROM procnote WHERE EntryDateTime > '2026-11-20';
-- f138
SELECT * FROM procnote WHERE ProcNum = 31337;
-- f139
SELECT Note FROM procnote WHERE Note LIKE 'Pt %';
-- f140
SELECT * FROM statement WHERE DateSent > '2026-11-01';
-- f141
SELECT * FROM statement WHERE IsSent = 0;
-- f142
SELECT * FROM insverify WHERE FKey = 99 AND VerifyType = 1;
-- f143
SELECT * FROM refattach WHERE PatNum = 61;
-- f144
SELECT * FROM rxpat WHERE RxDate > '2026-10-01';
-- f145
SELECT * FROM treatplan WHERE DateTP > '2026-10-01';
-- f146
SELECT * FROM preference WHERE PrefName = 'Preference3';
-- f147
SELECT 1 FROM procedurelog LIMIT 1;
-- f148
SELECT * FROM procedurelog WHERE ProcNum % 10 = 3;
-- f149
SELECT * FROM procedurelog WHERE ProcNum > 450000 ORDER BY ProcNum LIMIT 5000;
-- f150
SELECT * FROM procedurelog WHERE AptNum = 0 AND PlannedAptNum = 77;
