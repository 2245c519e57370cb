-- x01
SELECT pay.PayNum FROM payment pay WHERE NOT EXISTS (SELECT 1 FROM paysplit ps WHERE ps.PayNum = pay.PayNum);
-- x02
SELECT c.ClaimNum FROM claim c WHERE EXISTS (SELECT 1 FROM etrans e WHERE e.ClaimNum = c.ClaimNum) AND c.DateSent >= '2026-11-01';
-- x03
SELECT p.PatNum, p.LName FROM patient p WHERE p.PatNum IN (SELECT d.PatNum FROM disease d WHERE d.DiseaseDefNum = 8) AND p.PatStatus = 0;
-- x04
SELECT p.PatNum FROM patient p WHERE p.PatNum NOT IN (SELECT r.PatNum FROM refattach r WHERE r.RefType = 0);
-- x05
SELECT tp.TreatPlanNum FROM treatplan tp WHERE NOT EXISTS (SELECT 1 FROM treatplanattach ta WHERE ta.TreatPlanNum = tp.TreatPlanNum);
-- x06
SELECT a.AptNum FROM appointment a WHERE a.AptDateTime >= '2026-11-23' AND NOT EXISTS (SELECT 1 FROM procedurelog pl WHERE pl.AptNum = a.AptNum);
-- x07
SELECT ip.PlanNum, ip.GroupName FROM insplan ip WHERE ip.CarrierNum IN (SELECT CarrierNum FROM carrier WHERE IsHidden = 1);
-- x08
SELECT g.PatNum FROM patient g WHERE EXISTS (SELECT 1 FROM statement st WHERE st.PatNum = g.PatNum AND st.DateSent >= '2026-10-01');
-- x09
SELECT doc.DocNum FROM document doc WHERE doc.PatNum IN (SELECT PatNum FROM patient WHERE ClinicNum = 2) AND doc.ImgType = 2;
-- x10
SELECT rx.RxNum FROM rxpat rx WHERE NOT EXISTS (SELECT 1 FROM disease d WHERE d.PatNum = rx.PatNum AND d.ProbStatus = 0);
-- x11
SELECT adj.AdjNum FROM adjustment adj WHERE EXISTS (SELECT 1 FROM procedurelog pl WHERE pl.ProcNum = adj.ProcNum AND pl.ProvNum = 3);
-- x12
SELECT p.PatNum FROM patient p WHERE NOT EXISTS (SELECT 1 FROM patplan pp WHERE pp.PatNum = p.PatNum AND pp.Ordinal = 1) AND p.LName LIKE 'Sm%';
