-- s001
SELECT a.AptNum, IFNULL(x.f, 0) FROM appointment a LEFT JOIN (SELECT AptNum, SUM(ProcFee) f FROM procedurelog GROUP BY AptNum) x ON x.AptNum = a.AptNum;
-- s002
SELECT a.*, (SELECT GROUP_CONCAT(DISTINCT pc.ProcCode) FROM procedurelog pl JOIN procedurecode pc ON pl.CodeNum = pc.CodeNum WHERE pl.AptNum = a.AptNum) c FROM appointment a WHERE a.DateTStamp > '2026-11-22 08:17:02';
-- s003
SELECT PatNum, LName FROM patient WHERE PatNum IN (SELECT PatNum FROM appointment WHERE AptDateTime BETWEEN '2026-11-23' AND '2026-11-24');
-- s004
SELECT PatNum, LName FROM patient p WHERE EXISTS (SELECT 1 FROM appointment a WHERE a.PatNum = p.PatNum AND a.AptStatus = 1);
-- s005
SELECT PatNum, LName FROM patient p WHERE NOT EXISTS (SELECT 1 FROM appointment a WHERE a.PatNum = p.PatNum);
-- s006
SELECT PatNum FROM patient WHERE PatNum NOT IN (SELECT PatNum FROM recall);
-- s007
SELECT PatNum FROM patient WHERE PatNum = (SELECT PatNum FROM payment WHERE PayNum = 9);
-- s008
SELECT p.PatNum, (SELECT MAX(pl.ProcDate) FROM procedurelog pl WHERE pl.PatNum = p.PatNum AND pl.ProcStatus = 2) FROM patient p WHERE p.PatStatus = 0;
-- s009
SELECT p.PatNum, (SELECT COUNT(*) FROM securitylog s WHERE s.PatNum = p.PatNum) FROM patient p WHERE p.PatNum < 100;
-- s010
SELECT x.PatNum, x.total FROM (SELECT PatNum, SUM(SplitAmt) total FROM paysplit GROUP BY PatNum) x WHERE x.total > 1000;
-- s011
SELECT x.PatNum FROM (SELECT PatNum, LName FROM patient WHERE LName = 'Baker') x WHERE x.PatNum > 100;
-- s012
SELECT t.PatNum FROM (SELECT PatNum FROM patient) t JOIN appointment a ON a.PatNum = t.PatNum WHERE a.AptNum = 12;
-- s013
SELECT PatNum FROM patient WHERE PatNum = 5 UNION SELECT PatNum FROM appointment WHERE AptNum = 5;
-- s014
SELECT PatNum, 'a' FROM patient WHERE DateTStamp > '2026-11-22' UNION ALL SELECT PatNum, 'b' FROM procedurelog WHERE DateTStamp > '2026-11-22';
-- s015
WITH recent AS (SELECT PatNum, AptDateTime FROM appointment WHERE AptDateTime BETWEEN '2026-11-20' AND '2026-11-21') SELECT p.LName, r.AptDateTime FROM recent r JOIN patient p ON p.PatNum = r.PatNum;
-- s016
WITH totals AS (SELECT PatNum, SUM(ProcFee) f FROM procedurelog WHERE ProcDate BETWEEN '2026-11-01' AND '2026-11-10' GROUP BY PatNum) SELECT p.LName, t.f FROM totals t JOIN patient p ON p.PatNum = t.PatNum;
-- s017
SELECT * FROM appointment WHERE AptDateTime > (SELECT MAX(SchedDate) FROM schedule);
-- s018
SELECT * FROM procedurelog WHERE CodeNum IN (SELECT CodeNum FROM procedurecode WHERE ProcCode LIKE 'D01%') AND PatNum = 9;
-- s019
SELECT * FROM procedurelog WHERE ProcNum IN (SELECT ProcNum FROM claimproc WHERE ClaimNum = 71);
-- s020
SELECT p.PatNum FROM patient p WHERE p.PatStatus = 0 AND p.PatNum NOT IN (SELECT a.PatNum FROM appointment a WHERE a.AptDateTime > '2026-11-22');
-- s021
SELECT p.LName, last.d FROM patient p JOIN (SELECT PatNum, MAX(AptDateTime) d FROM appointment WHERE AptStatus = 2 GROUP BY PatNum) last ON last.PatNum = p.PatNum WHERE p.PatNum = 1200;
-- s022
SELECT COUNT(*) FROM (SELECT DISTINCT PatNum FROM procedurelog WHERE ProcDate BETWEEN '2026-11-01' AND '2026-11-30') q;
-- s023
SELECT * FROM payment WHERE PayNum IN (SELECT PayNum FROM paysplit WHERE ProcNum = 88);
-- s024
SELECT * FROM payment WHERE EXISTS (SELECT * FROM paysplit WHERE paysplit.PayNum = payment.PayNum AND paysplit.UnearnedType = 5);
-- s025
SELECT p.PatNum FROM patient p WHERE (SELECT COUNT(*) FROM procedurelog pl WHERE pl.PatNum = p.PatNum) > 50;
-- s026
SELECT a.AptNum FROM appointment a WHERE a.PatNum = 4 AND a.AptDateTime = (SELECT MAX(b.AptDateTime) FROM appointment b WHERE b.PatNum = a.PatNum);
-- s027
SELECT PatNum FROM (SELECT PatNum, DateTStamp FROM patient ORDER BY DateTStamp DESC LIMIT 50) latest;
-- s028
SELECT LName FROM patient WHERE PatNum IN (SELECT PatNum FROM claim WHERE ClaimStatus = 'W' AND DateService > '2026-10-01');
-- s029
SELECT LName FROM patient p WHERE p.PatNum IN (SELECT pl.PatNum FROM procedurelog pl WHERE pl.ProcDate = '2026-11-10' AND pl.ProcStatus = 2) AND p.ClinicNum = 1;
-- s030
SELECT PatNum FROM appointment WHERE AptNum = ANY (SELECT AptNum FROM labcase);
-- s031
SELECT u.PatNum, SUM(u.Amt) FROM (SELECT PatNum, ProcFee Amt FROM procedurelog WHERE PatNum = 5 UNION ALL SELECT PatNum, -SplitAmt FROM paysplit WHERE PatNum = 5) u GROUP BY u.PatNum;
-- s032
SELECT u.PatNum, SUM(u.Amt) FROM (SELECT PatNum, ProcFee Amt FROM procedurelog UNION ALL SELECT PatNum, SplitAmt FROM paysplit) u GROUP BY u.PatNum;
-- s033
SELECT c.ClaimNum FROM claim c WHERE NOT EXISTS (SELECT 1 FROM claimproc cp WHERE cp.ClaimNum = c.ClaimNum AND cp.Status = 1);
-- s034
SELECT d.DocNum FROM document d WHERE d.PatNum IN (SELECT p.PatNum FROM patient p WHERE p.Guarantor = 90);
-- s035
SELECT p.PatNum, p.LName FROM patient p LEFT JOIN (SELECT PatNum, MAX(PayDate) m FROM payment GROUP BY PatNum) q ON q.PatNum = p.PatNum WHERE p.Guarantor = 12;
