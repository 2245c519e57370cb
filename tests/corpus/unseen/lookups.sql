-- k01
SELECT p.PatNum, p.LName, p.FName, r.DateDue FROM recall r INNER JOIN patient p ON p.PatNum = r.PatNum WHERE r.DateDue BETWEEN CURDATE() AND DATE_ADD(CURDATE(), INTERVAL 30 DAY) AND r.IsDisabled = 0 AND p.PatStatus = 0;
-- k02
SELECT g.PatNum, g.LName, g.BalTotal FROM patient g WHERE g.Guarantor = g.PatNum AND g.BalTotal > 100 ORDER BY g.BalTotal DESC;
-- k03
SELECT * FROM patient WHERE CONCAT(FName, ' ', LName) LIKE '%smith%';
-- k04
SELECT PatNum FROM patient WHERE RIGHT(WirelessPhone, 4) = '1234';
-- k05
SELECT PatNum FROM patient WHERE WirelessPhone LIKE '%1234';
-- k06
SELECT PatNum FROM patient WHERE SUBSTRING(LName,1,3) = 'Smi';
-- k07
SELECT * FROM appointment WHERE AptDateTime LIKE '2026-11-23%';
-- k08
SELECT * FROM appointment WHERE DATE_ADD(AptDateTime, INTERVAL 1 HOUR) > NOW();
-- k09
SELECT * FROM appointment WHERE UNIX_TIMESTAMP(DateTStamp) > 1763800000;
-- k10
SELECT * FROM procedurelog WHERE PatNum = '123';
-- k11
SELECT * FROM procedurelog WHERE PatNum IN (1,2,3,4,5,6,7,8,9,10);
-- k12
SELECT * FROM procedurelog WHERE PatNum IN (SELECT PatNum FROM patient WHERE DateTStamp > NOW() - INTERVAL 5 MINUTE);
-- k13
SELECT pl.* FROM procedurelog pl WHERE NOT EXISTS (SELECT 1 FROM claimproc cp WHERE cp.ProcNum = pl.ProcNum);
-- k14
SELECT COUNT(*), AVG(ProcFee) FROM procedurelog WHERE ProcDate >= '2026-01-01';
-- k15
SELECT DATE(ProcDate), SUM(ProcFee) FROM procedurelog WHERE ProcDate >= '2026-11-01' AND ProcStatus=2 GROUP BY DATE(ProcDate);
-- k16
SELECT YEAR(ProcDate), SUM(ProcFee) FROM procedurelog WHERE ProcStatus=2 GROUP BY YEAR(ProcDate);
-- k17
SELECT * FROM paysplit ps JOIN payment p ON p.PayNum = ps.PayNum WHERE p.PayDate = CURDATE();
-- k18
SELECT * FROM paysplit WHERE DatePay >= CURDATE();
-- k19
SELECT * FROM payment WHERE PayDate >= CURDATE() - INTERVAL 7 DAY;
-- k20
SELECT * FROM securitylog WHERE LogDateTime > NOW() - INTERVAL 1 HOUR AND PermType = 7;
-- k21
SELECT * FROM securitylog WHERE LogText LIKE 'Patient%';
-- k22
SELECT * FROM commlog c JOIN patient p ON p.PatNum = c.PatNum WHERE c.CommDateTime >= CURDATE() - INTERVAL 1 DAY;
-- k23
SELECT c.PatNum, MAX(c.CommDateTime) FROM commlog c GROUP BY c.PatNum;
-- k24
SELECT * FROM histappointment WHERE HistDateTStamp > NOW() - INTERVAL 5 MINUTE;
-- k25
SELECT * FROM insverify WHERE DateLastVerified < CURDATE() - INTERVAL 90 DAY;
-- k26
SELECT p.PatNum FROM patient p WHERE p.PatNum NOT IN (SELECT pf.PatNum FROM patfield pf WHERE pf.FieldName = 'synced');
-- k27
SELECT * FROM patfield WHERE FieldName = 'VendorId' AND FieldValue = '42';
-- k28
SELECT * FROM document d WHERE d.DocCategory = 12 AND d.DateCreated > '2026-11-01';
-- k29
SELECT * FROM document WHERE FileName = 'x.jpg';
-- k30
SELECT * FROM rxpat WHERE RxDate > '2026-11-01';
-- k31
SELECT * FROM treatplan WHERE DateTP > '2026-01-01';
-- k33
SELECT a.AptNum, (SELECT COUNT(*) FROM procedurelog pl WHERE pl.AptNum = a.AptNum) n FROM appointment a WHERE a.AptDateTime BETWEEN '2026-11-23' AND '2026-11-24';
-- k34
SELECT a.AptNum FROM appointment a LEFT JOIN confirmationrequest cr ON cr.ApptNum = a.AptNum WHERE a.AptDateTime > NOW() AND cr.ApptNum IS NULL;
-- k35
SELECT p1.PatNum, p2.PatNum FROM patient p1 JOIN patient p2 ON p1.LName = p2.LName AND p1.Birthdate = p2.Birthdate AND p1.PatNum < p2.PatNum;
-- k36
SELECT p1.PatNum FROM patient p1, patient p2 WHERE p1.Email = p2.Email AND p1.PatNum <> p2.PatNum;
-- k37
SELECT * FROM claim c JOIN claimproc cp USING (ClaimNum) JOIN procedurelog pl USING (ProcNum) WHERE c.DateSent = '2026-11-20';
-- k38
SELECT cp.* FROM claimproc cp WHERE cp.Status = 0 AND cp.SecDateTEdit > '2026-11-22';
-- k39
SELECT * FROM claimproc ORDER BY ClaimProcNum DESC LIMIT 500;
-- k40
SELECT * FROM claimproc ORDER BY SecDateTEdit DESC LIMIT 500;
-- k41
SELECT * FROM appointment WHERE AptStatus IN (1,2) ORDER BY AptDateTime DESC LIMIT 100;
-- k42
SELECT * FROM appointment WHERE ProvNum = 3 OR ProvHyg = 3;
-- k43
SELECT * FROM appointment WHERE (ProvNum = 3 OR ProvHyg = 3) AND AptDateTime BETWEEN '2026-11-23' AND '2026-11-24';
-- k44
SELECT * FROM patient WHERE PatNum = 5 OR Guarantor = 5;
-- k45
SELECT * FROM patient WHERE IFNULL(Email,'') <> '';
-- k46
SELECT * FROM patient WHERE Email IS NOT NULL AND Email <> '' AND TxtMsgOk = 1;
-- k47
SELECT LName, COUNT(*) FROM patient GROUP BY LName HAVING COUNT(*) > 1;
-- k48
SELECT DISTINCT p.PatNum FROM patient p JOIN procedurelog pl ON pl.PatNum = p.PatNum JOIN procedurecode pc ON pc.CodeNum = pl.CodeNum WHERE pc.ProcCode = 'D1110' AND pl.ProcStatus = 2;
-- k49
SELECT * FROM (SELECT PatNum, MAX(ProcDate) LastVisit FROM procedurelog WHERE ProcStatus=2 GROUP BY PatNum) t WHERE t.LastVisit < '2025-01-01';
-- k50
SELECT a.* FROM appointment a WHERE a.AptDateTime = (SELECT MIN(AptDateTime) FROM appointment b WHERE b.PatNum = a.PatNum AND b.AptDateTime > NOW());
-- k51
SELECT * FROM statement WHERE DateSent BETWEEN '2026-11-01' AND '2026-11-30';
-- k52
SELECT * FROM adjustment WHERE AdjDate BETWEEN '2026-11-01' AND '2026-11-30' AND AdjType = 7;
-- k53
SELECT SUM(AdjAmt) FROM adjustment WHERE PatNum = 42;
-- k55
SELECT * FROM toothinitial WHERE ToothNum = '8';
-- k56
SELECT * FROM referral r JOIN refattach ra ON ra.ReferralNum = r.ReferralNum WHERE ra.RefDate > '2026-11-01';
-- k57
SELECT * FROM emailmessage WHERE ToAddress = 'a@b.c';
-- k58
SELECT * FROM sheet WHERE DateTimeSheet > '2026-11-20' AND SheetType = 3;
-- k59
SELECT * FROM signalod WHERE SigDateTime > '2026-11-22 08:00:00';
-- k60
SELECT * FROM etrans WHERE DateTimeTrans > '2026-11-20';
-- k61
SELECT * FROM appointment a FORCE INDEX (indexPatNum) WHERE a.AptDateTime > '2026-11-22';
