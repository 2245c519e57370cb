-- v01
SELECT d.DocNum, d.FileName, d.DateCreated, p.ChartNumber FROM document d INNER JOIN patient p ON p.PatNum = d.PatNum WHERE d.ImgType = 2 AND d.DateCreated BETWEEN '2026-11-16' AND '2026-11-22' ORDER BY d.DateCreated;
-- v02
SELECT DocNum, FileName FROM document WHERE ExternalGUID = '8f2c1f0a-77aa' AND PatNum = 8120;
-- v03
SELECT iv.InsVerifyNum, ip.GroupName, c.CarrierName, c.ElectID FROM insverify iv JOIN insplan ip ON ip.PlanNum = iv.FKey AND iv.VerifyType = 1 JOIN carrier c ON c.CarrierNum = ip.CarrierNum WHERE iv.DateLastVerified < '2026-08-22' ORDER BY iv.DateLastVerified LIMIT 200;
-- v04
SELECT a.AptNum, a.PatNum, ib.SubscriberID, c.ElectID FROM appointment a JOIN patplan pp ON pp.PatNum = a.PatNum AND pp.Ordinal = 1 JOIN inssub ib ON ib.InsSubNum = pp.InsSubNum JOIN insplan ip ON ip.PlanNum = ib.PlanNum JOIN carrier c ON c.CarrierNum = ip.CarrierNum WHERE a.AptDateTime >= '2026-11-24' AND a.AptDateTime < '2026-11-27' AND a.AptStatus = 1;
-- v05
SELECT b.BenefitNum, b.Percent, b.MonetaryAmt FROM benefit b WHERE b.PlanNum IN (101, 102, 103, 104) OR b.PatPlanNum IN (501, 502);
-- v06
SELECT r.RecallNum, r.PatNum, r.DateDue, p.WirelessPhone, p.TxtMsgOk FROM recall r, patient p WHERE r.PatNum = p.PatNum AND r.IsDisabled = 0 AND r.DateScheduled = '0001-01-01' AND r.DateDue BETWEEN '2026-11-23' AND '2027-01-22';
-- v07
SELECT r.PatNum, MAX(r.DateTStamp) FROM recall r WHERE r.RecallTypeNum IN (1, 3) AND NOT EXISTS (SELECT 1 FROM appointment a WHERE a.PatNum = r.PatNum AND a.AptStatus = 1) GROUP BY r.PatNum;
-- v08
SELECT p.Guarantor, SUM(p.EstBalance) AS bal FROM patient p GROUP BY p.Guarantor HAVING bal > 100 ORDER BY bal DESC LIMIT 50;
-- v09
SELECT p.PatNum, p.LName, p.FName, p.Birthdate FROM patient p WHERE p.LName = 'Baker' AND p.FName LIKE 'J%' AND p.Birthdate = '1980-04-12';
-- v10
SELECT pay.PayNum, pay.PayDate, pay.PayAmt FROM payment pay WHERE pay.PayNote LIKE '%terminal 4%' AND pay.PayDate >= '2026-11-01';
-- v11
SELECT pay.PayNum FROM payment pay LEFT JOIN paysplit ps ON ps.PayNum = pay.PayNum WHERE ps.SplitNum IS NULL AND pay.PatNum = 3312;
-- v12
SELECT YEAR(ps.DatePay) y, MONTH(ps.DatePay) m, ps.ProvNum, SUM(ps.SplitAmt) FROM paysplit ps WHERE ps.ClinicNum = 3 GROUP BY y, m, ps.ProvNum;
-- v13
SELECT cl.ClaimNum, cl.DateSent, cl.ClaimFee, p.LName FROM claim cl JOIN patient p ON p.PatNum = cl.PatNum WHERE cl.ClaimStatus = 'S' AND cl.DateSent < '2026-10-22' ORDER BY cl.DateSent;
-- v14
SELECT cp.PatNum, SUM(cp.InsPayAmt) paid FROM claimproc cp WHERE cp.Status IN (1, 4) AND cp.PatNum = 9120 AND cp.ProcDate >= '2026-01-01' GROUP BY cp.PatNum;
-- v15
SELECT cpay.ClaimPaymentNum, cpay.CheckAmt, cp.ClaimNum, cp.InsPayAmt FROM claimpayment cpay LEFT JOIN claimproc cp ON cp.ClaimPaymentNum = cpay.ClaimPaymentNum WHERE cpay.CheckDate = '2026-11-20';
-- v16
SELECT pl.ProcNum, pl.ProcDate, pl.ToothNum, pc.ProcCode, pc.Descript FROM procedurelog pl JOIN procedurecode pc ON pc.CodeNum = pl.CodeNum WHERE pl.DateTStamp >= '2026-11-22 06:00:00' ORDER BY pl.ProcNum LIMIT 500;
-- v17
SELECT pl.ProvNum, COUNT(DISTINCT pl.PatNum) visits, SUM(pl.ProcFee) FROM procedurelog pl WHERE pl.ProcStatus = 2 AND pl.ProcDate >= '2026-11-01' AND pl.ProcDate < '2026-12-01' GROUP BY pl.ProvNum;
-- v18
SELECT tp.TreatPlanNum, tp.PatNum, SUM(pl.ProcFee) FROM treatplan tp JOIN treatplanattach ta ON ta.TreatPlanNum = tp.TreatPlanNum JOIN procedurelog pl ON pl.ProcNum = ta.ProcNum WHERE tp.TPStatus = 1 AND pl.ProcStatus = 1 AND tp.DateTP > '2026-09-01' GROUP BY tp.TreatPlanNum;
-- v19
SELECT p.PatNum FROM patient p WHERE EXISTS (SELECT 1 FROM disease ds WHERE ds.PatNum = p.PatNum AND ds.DiseaseDefNum = 14 AND ds.ProbStatus = 0);
-- v20
SELECT s.SheetNum, s.Description, s.DateTimeSheet FROM sheet s WHERE s.IsWebForm = 1 AND s.DateTSheetEdited > '2026-11-22 17:00:00' AND s.IsDeleted = 0;
-- v21
SELECT x.PatNum, x.total, p.Email FROM (SELECT ad.PatNum, SUM(ad.AdjAmt) total FROM adjustment ad WHERE ad.AdjDate BETWEEN '2026-10-01' AND '2026-10-31' GROUP BY ad.PatNum) x JOIN patient p ON p.PatNum = x.PatNum WHERE x.total < -50;
-- v22
SELECT ref.LName, ref.FName, COUNT(*) n FROM refattach ra JOIN referral ref ON ref.ReferralNum = ra.ReferralNum WHERE ra.RefType = 0 AND ra.RefDate >= '2026-01-01' GROUP BY ref.ReferralNum ORDER BY n DESC;
-- v23
SELECT sc.ScheduleNum, sc.StartTime, sc.StopTime, so.OperatoryNum FROM schedule sc LEFT JOIN operatory so ON so.ProvDentist = sc.ProvNum WHERE sc.SchedDate BETWEEN '2026-11-23' AND '2026-11-29' AND sc.SchedType = 1;
-- v24
SELECT cm.PatNum, MAX(cm.CommDateTime) FROM commlog cm JOIN appointment a ON a.PatNum = cm.PatNum WHERE a.AptDateTime BETWEEN '2026-11-23' AND '2026-11-24' AND cm.Mode_ = 5 GROUP BY cm.PatNum;
-- v25
SELECT lc.LabCaseNum, lc.DateTimeDue, p.LName, a.AptDateTime FROM labcase lc JOIN patient p ON p.PatNum = lc.PatNum LEFT JOIN appointment a ON a.AptNum = lc.AptNum WHERE lc.DateTimeRecd = '0001-01-01 00:00:00' AND lc.DateTimeDue < '2026-11-30' UNION ALL SELECT t.TaskNum, t.DateTask, '', t.DateTimeEntry FROM task t WHERE t.KeyNum = 4411 AND t.ObjectType = 1;
