-- j001
SELECT a.AptNum, a.AptDateTime, p.FName FROM appointment a JOIN patient p ON p.PatNum = a.PatNum WHERE DATE(a.AptDateTime) = '2026-11-23' AND a.AptStatus = 1;
-- j002
SELECT a.AptNum, a.AptDateTime, p.FName FROM appointment a JOIN patient p ON p.PatNum = a.PatNum WHERE DATE(a.AptDateTime) = '2026-11-23';
-- j003
SELECT a.AptNum, a.AptDateTime, p.FName FROM appointment a JOIN patient p ON p.PatNum = a.PatNum WHERE a.AptDateTime >= '2026-11-23' AND a.AptDateTime < '2026-11-24' AND a.AptStatus = 1;
-- j004
SELECT p.LName, pl.ProcFee, pc.ProcCode FROM procedurelog pl INNER JOIN patient p ON p.PatNum = pl.PatNum INNER JOIN procedurecode pc ON pc.CodeNum = pl.CodeNum WHERE pl.ProcDate BETWEEN '2026-11-01' AND '2026-11-15' AND pl.ProcStatus = 2;
-- j005
SELECT p.LName, pl.ProcFee FROM patient p, procedurelog pl WHERE p.PatNum = pl.PatNum AND pl.ProcDate = '2026-11-16';
-- j006
SELECT p.LName, pl.ProcFee FROM patient p, procedurelog pl WHERE p.PatNum = pl.PatNum AND p.PatNum = 1700;
-- j007
SELECT p.PatNum, COUNT(*) FROM patient p LEFT JOIN procedurelog pl ON pl.PatNum = p.PatNum GROUP BY p.PatNum;
-- j008
SELECT p.PatNum, p.LName FROM patient p LEFT JOIN appointment a ON a.PatNum = p.PatNum AND a.AptDateTime > NOW() WHERE a.AptNum IS NULL AND p.PatStatus = 0;
-- j009
SELECT p.PatNum FROM patient p LEFT JOIN appointment a ON a.PatNum = p.PatNum WHERE a.AptDateTime >= '2026-11-23' AND a.AptDateTime < '2026-11-24';
-- j010
SELECT p.LName, c.CarrierName FROM patient p LEFT JOIN patplan pp ON pp.PatNum = p.PatNum LEFT JOIN inssub i ON i.InsSubNum = pp.InsSubNum LEFT JOIN insplan ip ON ip.PlanNum = i.PlanNum LEFT JOIN carrier c ON c.CarrierNum = ip.CarrierNum WHERE p.PatNum = 500;
-- j011
SELECT p.LName, c.CarrierName FROM patient p JOIN patplan pp ON pp.PatNum = p.PatNum JOIN inssub i ON i.InsSubNum = pp.InsSubNum JOIN insplan ip ON ip.PlanNum = i.PlanNum JOIN carrier c ON c.CarrierNum = ip.CarrierNum;
-- j012
SELECT p.LName, c.CarrierName FROM patient p JOIN patplan pp ON pp.PatNum = p.PatNum JOIN inssub i ON i.InsSubNum = pp.InsSubNum JOIN insplan ip ON ip.PlanNum = i.PlanNum JOIN carrier c ON c.CarrierNum = ip.CarrierNum WHERE c.CarrierNum = 12;
-- j013
SELECT cp.ClaimProcNum, c.ClaimStatus FROM claimproc cp INNER JOIN claim c ON c.ClaimNum = cp.ClaimNum WHERE cp.DateCP BETWEEN '2026-11-01' AND '2026-11-07';
-- j014
SELECT cp.ClaimProcNum, c.ClaimStatus FROM claimproc cp INNER JOIN claim c ON c.ClaimNum = cp.ClaimNum WHERE c.PatNum = 300;
-- j015
SELECT pay.PayNum, ps.SplitAmt, p.LName FROM payment pay JOIN paysplit ps ON ps.PayNum = pay.PayNum JOIN patient p ON p.PatNum = ps.PatNum WHERE ps.DatePay = '2026-11-18';
-- j016
SELECT pay.PayNum, ps.SplitAmt FROM payment pay JOIN paysplit ps ON ps.PayNum = pay.PayNum WHERE pay.PayDate = '2026-11-18';
-- j017
SELECT pay.PayNum, ps.SplitAmt FROM payment pay JOIN paysplit ps USING (PayNum) WHERE pay.PatNum = 41;
-- j018
SELECT a.AptNum, pr.Abbr, o.OpName FROM appointment a LEFT JOIN provider pr ON pr.ProvNum = a.ProvNum LEFT JOIN operatory o ON o.OperatoryNum = a.Op WHERE a.AptDateTime BETWEEN '2026-11-23 00:00:00' AND '2026-11-23 23:59:59';
-- j019
SELECT a.AptNum, pr.Abbr FROM appointment a, provider pr WHERE a.ProvNum = pr.ProvNum AND a.PatNum = 12;
-- j020
SELECT a.AptNum, p.LName FROM appointment a RIGHT JOIN patient p ON p.PatNum = a.PatNum WHERE p.LName = 'Baker';
-- j021
SELECT COUNT(*) FROM patient p, provider pr WHERE p.PatStatus = 0;
-- j022
SELECT p.PatNum, r.DateDue FROM patient p JOIN recall r ON r.PatNum = p.PatNum WHERE r.DateDue BETWEEN '2026-12-01' AND '2026-12-10' AND p.PatStatus = 0;
-- j023
SELECT p.PatNum, r.DateDue FROM patient p JOIN recall r ON r.PatNum = p.PatNum WHERE p.Guarantor = 300;
-- j024
SELECT g.LName, p.LName FROM patient p JOIN patient g ON g.PatNum = p.Guarantor WHERE p.PatNum = 2001;
-- j025
SELECT g.LName, p.LName FROM patient p JOIN patient g ON g.PatNum = p.Guarantor WHERE p.LName LIKE 'Ba%';
-- j026
SELECT p.LName, d.Note FROM document d JOIN patient p ON p.PatNum = d.PatNum WHERE d.DateTStamp > '2026-11-20';
-- j027
SELECT p.LName, d.Note FROM document d JOIN patient p ON p.PatNum = d.PatNum WHERE d.DocNum > 234000;
-- j028
SELECT sf.FieldValue FROM sheet s JOIN sheetfield sf ON sf.SheetNum = s.SheetNum WHERE s.PatNum = 1000 AND sf.FieldName = 'misc';
-- j029
SELECT sf.FieldValue FROM sheet s JOIN sheetfield sf ON sf.SheetNum = s.SheetNum WHERE s.DateTimeSheet > '2026-11-01';
-- j030
SELECT pl.ProcNum, cp.InsPayAmt, ps.SplitAmt FROM procedurelog pl LEFT JOIN claimproc cp ON cp.ProcNum = pl.ProcNum LEFT JOIN paysplit ps ON ps.ProcNum = pl.ProcNum WHERE pl.PatNum = 5000;
-- j031
SELECT pl.ProcNum, cp.InsPayAmt, ps.SplitAmt FROM procedurelog pl LEFT JOIN claimproc cp ON cp.ProcNum = pl.ProcNum LEFT JOIN paysplit ps ON ps.ProcNum = pl.ProcNum WHERE pl.DateTStamp > '2026-11-21 12:00:00';
-- j032
SELECT pl.ProcNum, pn.Note FROM procedurelog pl JOIN procnote pn ON pn.ProcNum = pl.ProcNum WHERE pn.Note LIKE '%crown%';
-- j033
SELECT pl.ProcNum, pn.Note FROM procedurelog pl JOIN procnote pn ON pn.ProcNum = pl.ProcNum AND pn.PatNum = pl.PatNum WHERE pl.ProvNum = 3 AND pl.ProcDate = '2026-11-12';
-- j034
SELECT STRAIGHT_JOIN p.LName, a.AptDateTime FROM patient p JOIN appointment a ON a.PatNum = p.PatNum WHERE a.AptDateTime > '2026-12-20';
-- j035
SELECT p.LName, a.AptDateTime FROM patient p STRAIGHT_JOIN appointment a ON a.PatNum = p.PatNum WHERE a.AptDateTime BETWEEN '2026-11-23' AND '2026-11-24';
-- j036
SELECT * FROM labcase l JOIN appointment a ON a.AptNum = l.AptNum JOIN patient p ON p.PatNum = a.PatNum WHERE l.DateTimeChecked > '2026-11-01';
-- j037
SELECT p.PatNum FROM patient p JOIN appointment a ON a.PatNum = p.PatNum OR a.ProvNum = p.PriProv WHERE p.PatNum = 7;
-- j038
SELECT p.PatNum, e.Note FROM patient p JOIN commlog e ON e.PatNum = p.PatNum WHERE e.CommDateTime BETWEEN '2026-11-20' AND '2026-11-21' AND p.ClinicNum = 1;
-- j039
SELECT p.PatNum, e.Note FROM patient p JOIN commlog e ON e.PatNum = p.PatNum WHERE e.Note LIKE '%balance%' OR p.LName = 'Baker';
-- j040
SELECT c.CarrierName, SUM(cp.InsPayAmt) FROM claimproc cp JOIN insplan ip ON ip.PlanNum = cp.PlanNum JOIN carrier c ON c.CarrierNum = ip.CarrierNum WHERE cp.Status = 1 AND cp.DateCP BETWEEN '2026-10-01' AND '2026-10-31' GROUP BY c.CarrierName;
-- j041
SELECT p.LName, f.Amount FROM patient p JOIN fee f ON f.FeeSched = p.FeeSched WHERE p.PatNum = 90 AND f.CodeNum = 12;
-- j042
SELECT s.SchedDate, pr.Abbr FROM schedule s JOIN provider pr ON pr.ProvNum = s.ProvNum WHERE s.SchedDate BETWEEN '2026-11-23' AND '2026-11-29';
-- j043
SELECT pl.ProcNum FROM procedurelog pl JOIN appointment a ON a.AptNum = pl.AptNum WHERE a.AptDateTime BETWEEN '2026-11-16' AND '2026-11-17';
-- j044
SELECT pl.ProcNum FROM appointment a LEFT JOIN procedurelog pl ON pl.AptNum = a.AptNum OR pl.PlannedAptNum = a.AptNum WHERE a.AptNum = 700;
-- j045
SELECT a.AptNum FROM appointment a JOIN patient p ON a.PatNum = p.PatNum JOIN definition d ON d.DefNum = a.Confirmed WHERE d.ItemName = 'Unconfirmed' AND a.AptDateTime BETWEEN '2026-11-23' AND '2026-11-24';
-- j046
SELECT p.PatNum, n.FamFinancial FROM patient p JOIN patientnote n ON n.PatNum = p.PatNum WHERE p.Email = 'patient9@example.com';
-- j047
SELECT p.PatNum, a1.AptDateTime, a2.AptDateTime FROM patient p JOIN appointment a1 ON a1.PatNum = p.PatNum JOIN appointment a2 ON a2.PatNum = p.PatNum AND a2.AptNum <> a1.AptNum WHERE p.PatNum = 33;
-- j048
SELECT p.PatNum FROM patient p CROSS JOIN clinic c WHERE c.ClinicNum = 1 AND p.PatNum = 6;
-- j049
SELECT pp.PatNum FROM patplan pp NATURAL JOIN inssub i WHERE i.Subscriber = 17;
-- j050
SELECT t.Descript, u.UserName FROM task t LEFT JOIN userod u ON u.UserNum = t.UserNum WHERE t.TaskListNum = 8;
-- j051
SELECT pl.ProcNum, p.LName FROM procedurelog pl JOIN patient p ON CAST(p.PatNum AS CHAR) = pl.ToothRange WHERE pl.ProcNum = 7;
-- j052
SELECT d.DocNum, p.LName FROM document d LEFT JOIN patient p ON d.PatNum = p.PatNum ORDER BY d.DocNum LIMIT 100;
-- j053
SELECT pm.*, pe.RxDate FROM rxpat pe JOIN provider pm ON pm.ProvNum = pe.ProvNum WHERE pe.PatNum = 4;
-- j054
SELECT tp.TreatPlanNum, pt.ProcCode FROM treatplan tp JOIN proctp pt ON pt.TreatPlanNum = tp.TreatPlanNum WHERE tp.PatNum = 61;
-- j055
SELECT a.AptNum, h.HistDateTStamp FROM appointment a JOIN histappointment h ON h.AptNum = a.AptNum WHERE h.HistDateTStamp BETWEEN '2026-11-20 08:00:00' AND '2026-11-20 09:00:00';
