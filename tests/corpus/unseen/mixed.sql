-- h01
SELECT p.PatNum, p.LName, p.FName, a.AptDateTime, pr.Abbr FROM appointment a INNER JOIN patient p ON a.PatNum=p.PatNum INNER JOIN provider pr ON a.ProvNum=pr.ProvNum WHERE a.AptDateTime BETWEEN '2026-11-23' AND '2026-12-23' AND a.AptStatus IN (1,4) ORDER BY a.AptDateTime;
-- h02
SELECT DISTINCT p.PatNum FROM patient p INNER JOIN procedurelog pl ON pl.PatNum=p.PatNum AND pl.ProcStatus=2 AND pl.ProcDate>='2026-10-01' WHERE p.PatStatus=0;
-- h03
SELECT p.PatNum, p.LName, SUM(pl.ProcFee*(pl.UnitQty+pl.BaseUnits)) FROM patient p LEFT JOIN procedurelog pl ON p.PatNum=pl.PatNum AND pl.ProcStatus=2 WHERE p.Guarantor IN (5,6,7) GROUP BY p.PatNum;
-- h04
SELECT c.ClaimNum, c.ClaimFee, cp.InsPayAmt FROM claim c LEFT JOIN claimproc cp ON cp.ClaimNum=c.ClaimNum WHERE c.DateReceived BETWEEN '2026-11-01' AND '2026-11-22';
-- h05
SELECT COUNT(*) FROM appointment WHERE AptDateTime>='2026-11-01' AND AptStatus=5;
-- h07
SELECT p.PatNum FROM patient p WHERE p.PatNum IN (SELECT pp.PatNum FROM patplan pp JOIN inssub i ON i.InsSubNum=pp.InsSubNum JOIN insplan ip ON ip.PlanNum=i.PlanNum WHERE ip.CarrierNum=12);
-- h08
SELECT PatNum, MAX(ProcDate) last FROM procedurelog WHERE ProcStatus=2 GROUP BY PatNum HAVING last < '2025-11-22';
-- h09
SELECT * FROM commlog c WHERE c.CommDateTime >= '2026-11-22 07:00:00' ORDER BY c.CommlogNum;
-- h10
SELECT a.* FROM appointment a WHERE a.DateTStamp > '2026-11-22 07:00:00' OR a.SecDateTEntry > '2026-11-22 07:00:00';
-- h11
SELECT AptNum FROM appointment WHERE TIMESTAMPDIFF(DAY, AptDateTime, NOW()) < 7;
-- h12
SELECT pl.ProcNum, pl.ProcDate, d.ItemName FROM procedurelog pl LEFT JOIN definition d ON d.DefNum=pl.Dx WHERE pl.PatNum=22 AND pl.ProcDate>'2020-01-01' ORDER BY pl.ProcDate DESC;
-- h13
SELECT ps.PatNum, SUM(ps.SplitAmt) FROM paysplit ps WHERE ps.DatePay BETWEEN '2026-11-01' AND '2026-11-30' GROUP BY ps.PatNum;
-- h14
SELECT ps.ProvNum, SUM(ps.SplitAmt) FROM paysplit ps WHERE ps.DatePay BETWEEN '2026-01-01' AND '2026-11-30' GROUP BY ps.ProvNum;
-- h15
SELECT p.PatNum, p.HmPhone, p.WkPhone, p.WirelessPhone FROM patient p WHERE p.HmPhone='(555)555-0001' OR p.WkPhone='(555)555-0001' OR p.WirelessPhone='(555)555-0001';
-- h16
SELECT p.PatNum FROM patient p WHERE CONCAT(p.HmPhone,p.WkPhone) LIKE '%5550001%';
-- h17
SELECT t1.PatNum FROM (SELECT PatNum, COUNT(*) c FROM appointment WHERE AptStatus=5 GROUP BY PatNum) t1 WHERE t1.c>3;
-- h19
SELECT * FROM document WHERE DocCategory=134 AND DateCreated>'2026-11-01';
-- h20
SELECT DocNum, PatNum FROM document WHERE PatNum IN (SELECT PatNum FROM patient WHERE LName='Baker');
-- h21
SELECT sl.* FROM securitylog sl LEFT JOIN patient p ON p.PatNum=sl.PatNum WHERE sl.LogDateTime>='2026-11-22' AND sl.PermType IN (1,2,3);
-- h22
SELECT pl.PatNum, pc.ProcCode, pl.ProcDate FROM procedurelog pl, procedurecode pc WHERE pl.CodeNum=pc.CodeNum AND pc.ProcCode IN ('D0120','D0150') AND pl.ProcStatus=2;
-- h23
SELECT pl.PatNum, pc.ProcCode FROM procedurelog pl JOIN procedurecode pc ON pl.CodeNum=pc.CodeNum WHERE pc.ProcCode='D0120' AND pl.ProcDate>'2026-11-01';
-- h24
SELECT p.PatNum, (SELECT a.AptDateTime FROM appointment a WHERE a.PatNum=p.PatNum AND a.AptStatus=1 AND a.AptDateTime>NOW() ORDER BY a.AptDateTime LIMIT 1) nextapt FROM patient p WHERE p.ClinicNum=2;
-- h25
SELECT * FROM patient WHERE LENGTH(Email)>0;
-- h26
SELECT * FROM patient WHERE Email<>'';
-- h27
SELECT pay.PayNum, pay.PayAmt, d.ItemName FROM payment pay INNER JOIN definition d ON d.DefNum=pay.PayType WHERE pay.DateEntry='2026-11-20';
-- h28
SELECT a.PatNum, COUNT(*) FROM appointment a GROUP BY a.PatNum ORDER BY COUNT(*) DESC LIMIT 20;
-- h30
SELECT adj.AdjNum FROM adjustment adj WHERE adj.SecDateTEdit>='2026-11-22 00:00:00' UNION SELECT ps.SplitNum FROM paysplit ps WHERE ps.SecDateTEdit>='2026-11-22 00:00:00';
-- h31
SELECT * FROM claimproc WHERE ClaimProcNum > 267000 LIMIT 1000;
-- h32
SELECT ProcNum FROM procedurelog WHERE ProcNum NOT IN (SELECT ProcNum FROM claimproc);
-- h33
SELECT p.* FROM patient p LEFT JOIN patplan pp ON pp.PatNum=p.PatNum WHERE pp.PatPlanNum IS NULL;
-- h34
SELECT sf.FieldValue FROM sheetfield sf WHERE sf.SheetNum IN (SELECT SheetNum FROM sheet WHERE PatNum=77);
-- h35
SELECT HOUR(AptDateTime), COUNT(*) FROM appointment WHERE AptDateTime BETWEEN '2026-01-01' AND '2026-06-30' GROUP BY HOUR(AptDateTime);
-- h36
SELECT COUNT(*) FROM patient p JOIN appointment a USING (PatNum) WHERE p.BillingType=40;
-- h37
SELECT a.AptNum, pl.ProcNum FROM appointment a JOIN procedurelog pl ON pl.AptNum=a.AptNum JOIN claimproc cp ON cp.ProcNum=pl.ProcNum JOIN claim c ON c.ClaimNum=cp.ClaimNum WHERE a.AptDateTime BETWEEN '2026-11-20' AND '2026-11-21';
-- h38
SELECT * FROM histappointment WHERE HistApptNum > 520000 AND HistApptAction=2;
-- h39
SELECT * FROM patient WHERE PatNum=12 OR Guarantor=12;
-- h40
SELECT * FROM patient p WHERE (p.LName LIKE 'Ba%' OR p.FName LIKE 'Ba%') AND p.PatStatus=0;
-- h41
SELECT pn.* FROM procnote pn JOIN (SELECT ProcNum, MAX(EntryDateTime) m FROM procnote WHERE PatNum=5 GROUP BY ProcNum) x ON x.ProcNum=pn.ProcNum AND x.m=pn.EntryDateTime;
-- h42
SELECT CASE WHEN p.PatStatus=0 THEN 'a' ELSE 'b' END s, COUNT(*) FROM patient p GROUP BY s;
-- h43
SELECT PatNum FROM patient WHERE SSN='' AND Birthdate<'1950-01-01';
-- h44
SELECT p.PatNum FROM patient p WHERE p.DateFirstVisit>='2026-11-01';
-- h45
SELECT * FROM insverify iv JOIN patplan pp ON pp.PatPlanNum=iv.FKey AND iv.VerifyType=2 JOIN patient p ON p.PatNum=pp.PatNum WHERE iv.DateLastVerified<'2026-01-01';
-- h46
SELECT AptNum FROM appointment WHERE AptDateTime > '2026-11-23' AND Op = 3 AND AptStatus = 1;
-- h47
SELECT SUM(PayAmt) FROM payment WHERE PatNum IN (SELECT PatNum FROM patient WHERE Guarantor=700);
-- h48
SELECT * FROM statement WHERE PatNum=70 AND DateSent > '2026-01-01' ORDER BY DateSent DESC LIMIT 1;
-- h49
SELECT t.TaskNum FROM task t WHERE t.DateTimeEntry > '2026-11-20' AND t.TaskStatus=2;
-- h50
DELETE FROM commlog WHERE CommDateTime < '2016-12-01';
