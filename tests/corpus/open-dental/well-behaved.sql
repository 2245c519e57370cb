-- w001
SELECT * FROM patient WHERE PatNum = 1512;
-- w002
SELECT * FROM appointment WHERE AptNum = 70112;
-- w003
SELECT * FROM procedurelog WHERE ProcNum = 510332;
-- w004
SELECT * FROM claimproc WHERE ClaimProcNum = 99120;
-- w005
SELECT * FROM claim WHERE ClaimNum = 4411;
-- w006
SELECT * FROM payment WHERE PayNum = 300412;
-- w007
SELECT * FROM paysplit WHERE SplitNum = 20417;
-- w008
SELECT * FROM adjustment WHERE AdjNum = 551;
-- w009
SELECT * FROM commlog WHERE CommlogNum = 70014;
-- w010
SELECT * FROM document WHERE DocNum = 8812;
-- w011
SELECT * FROM recall WHERE RecallNum = 900;
-- w012
SELECT * FROM insplan WHERE PlanNum = 77;
-- w013
SELECT * FROM inssub WHERE InsSubNum = 81;
-- w014
SELECT * FROM patplan WHERE PatPlanNum = 4100;
-- w015
SELECT * FROM carrier WHERE CarrierNum = 31;
-- w016
SELECT * FROM schedule WHERE ScheduleNum = 5550;
-- w017
SELECT * FROM statement WHERE StatementNum = 1201;
-- w018
SELECT * FROM task WHERE TaskNum = 600;
-- w019
SELECT * FROM sheet WHERE SheetNum = 744;
-- w020
SELECT * FROM sheetfield WHERE SheetFieldNum = 100321;
-- w021
SELECT * FROM provider WHERE ProvNum = 3;
-- w022
SELECT * FROM operatory WHERE OperatoryNum = 4;
-- w023
SELECT * FROM definition WHERE DefNum = 12;
-- w024
SELECT * FROM procedurecode WHERE CodeNum = 118;
-- w025
SELECT * FROM treatplan WHERE TreatPlanNum = 900;
-- w026
SELECT * FROM proctp WHERE ProcTPNum = 1400;
-- w027
SELECT * FROM histappointment WHERE HistApptNum = 400312;
-- w028
SELECT * FROM periomeasure WHERE PerioMeasureNum = 9120;
-- w029
SELECT * FROM disease WHERE DiseaseNum = 81;
-- w030
SELECT * FROM rxpat WHERE RxNum = 400;
-- w031
SELECT * FROM labcase WHERE LabCaseNum = 40;
-- w032
SELECT * FROM refattach WHERE RefAttachNum = 77;
-- w033
SELECT * FROM referral WHERE ReferralNum = 9;
-- w034
SELECT * FROM userod WHERE UserNum = 2;
-- w035
SELECT * FROM clinic WHERE ClinicNum = 1;
-- w036
SELECT * FROM fee WHERE FeeNum = 30110;
-- w037
SELECT * FROM benefit WHERE BenefitNum = 610;
-- w038
SELECT * FROM toothinitial WHERE ToothInitialNum = 99;
-- w039
SELECT * FROM procnote WHERE ProcNoteNum = 9111;
-- w040
SELECT * FROM insverify WHERE InsVerifyNum = 31;
-- w041
SELECT * FROM securitylog WHERE SecurityLogNum = 300412;
-- w042
SELECT * FROM claimpayment WHERE ClaimPaymentNum = 1200;
-- w043
SELECT * FROM patientnote WHERE PatNum = 1512;
-- w044
SELECT * FROM patfield WHERE PatNum = 1512;
-- w045
SELECT * FROM preference WHERE PrefName = 'Preference12';
-- w046
SELECT * FROM procedurelog WHERE PatNum = 1512;
-- w047
SELECT * FROM procedurelog WHERE PatNum = 1512 AND ProcStatus = 2;
-- w048
SELECT * FROM procedurelog WHERE PatNum = 1512 AND ProcStatus = 1 ORDER BY Priority;
-- w049
SELECT * FROM procedurelog WHERE AptNum = 70112;
-- w050
SELECT * FROM procedurelog WHERE PlannedAptNum = 70112;
-- w051
SELECT * FROM procedurelog WHERE ProcNum IN (51033, 51034, 51035, 51036);
-- w052
SELECT * FROM procedurelog WHERE ProcNumLab = 51033;
-- w053
SELECT ProcNum, PatNum, ProcFee FROM procedurelog WHERE StatementNum = 881;
-- w054
SELECT * FROM procedurelog WHERE RepeatChargeNum = 17;
-- w055
SELECT * FROM appointment WHERE PatNum = 1512 ORDER BY AptDateTime;
-- w056
SELECT * FROM appointment WHERE PatNum = 1512 AND AptStatus = 6;
-- w057
SELECT * FROM appointment WHERE NextAptNum = 70112;
-- w058
SELECT * FROM appointment WHERE AptDateTime BETWEEN '2026-11-23 00:00:00' AND '2026-11-24 00:00:00' AND AptStatus IN (1, 2, 4, 5, 7, 8);
-- w059
SELECT * FROM appointment WHERE AptDateTime >= '2026-11-23' AND AptDateTime < '2026-11-28' AND AptStatus != 6;
-- w060
SELECT * FROM appointment WHERE AptNum IN (70112, 70113, 70114);
-- w061
SELECT * FROM appointment WHERE DateTStamp > '2026-11-22 09:14:11';
-- w062
SELECT COUNT(*) FROM appointment WHERE PatNum = 1512;
-- w063
SELECT MAX(AptDateTime) FROM appointment WHERE PatNum = 1512 AND AptStatus = 2;
-- w064
SELECT * FROM appointment WHERE AptStatus = 3 AND AptDateTime BETWEEN '2026-11-16' AND '2026-11-20';
-- w065
SELECT * FROM claimproc WHERE ProcNum = 510332;
-- w066
SELECT * FROM claimproc WHERE ProcNum IN (510332, 510333);
-- w067
SELECT * FROM claimproc WHERE ClaimNum = 4411 ORDER BY LineNumber;
-- w068
SELECT * FROM claimproc WHERE PatNum = 1512;
-- w069
SELECT * FROM claimproc WHERE PatNum = 1512 AND Status IN (0, 1, 4);
-- w070
SELECT * FROM claimproc WHERE ClaimPaymentNum = 1200;
-- w071
SELECT * FROM claimproc WHERE PayPlanNum = 17;
-- w072
SELECT SUM(InsPayAmt) FROM claimproc WHERE ClaimPaymentNum = 1200;
-- w073
SELECT SUM(WriteOff) FROM claimproc WHERE ProcNum = 510332 AND Status IN (1, 4);
-- w074
SELECT * FROM claimproc WHERE InsSubNum = 81 AND PatNum = 1512;
-- w075
SELECT * FROM claim WHERE PatNum = 1512 ORDER BY DateService;
-- w076
SELECT * FROM claim WHERE PatNum = 1512 AND ClaimStatus = 'U';
-- w077
SELECT * FROM claim WHERE ClaimNum IN (4411, 4412);
-- w078
SELECT * FROM claim WHERE PlanNum = 77 AND ClaimStatus = 'S';
-- w079
SELECT * FROM claim WHERE InsSubNum = 81;
-- w080
SELECT * FROM payment WHERE PatNum = 1512;
-- w081
SELECT * FROM payment WHERE DepositNum = 31;
-- w082
SELECT * FROM payment WHERE PayNum IN (300412, 300413);
-- w083
SELECT * FROM paysplit WHERE PatNum = 1512 ORDER BY DatePay;
-- w084
SELECT * FROM paysplit WHERE PayNum = 300412;
-- w085
SELECT * FROM paysplit WHERE PayPlanNum = 17;
-- w086
SELECT * FROM paysplit WHERE ProcNum = 510332;
-- w087
SELECT SUM(SplitAmt) FROM paysplit WHERE PatNum = 1512 AND DatePay <= '2026-11-22';
-- w088
SELECT * FROM paysplit WHERE FSplitNum = 20417;
-- w089
SELECT * FROM adjustment WHERE PatNum = 1512 ORDER BY AdjDate;
-- w090
SELECT * FROM adjustment WHERE ProcNum = 510332;
-- w091
SELECT * FROM adjustment WHERE ProcNum IN (510332, 510333, 510334);
-- w092
SELECT * FROM adjustment WHERE StatementNum = 881;
-- w093
SELECT * FROM commlog WHERE PatNum = 1512 ORDER BY CommDateTime;
-- w094
SELECT * FROM commlog WHERE PatNum = 1512 AND CommType = 4;
-- w095
SELECT * FROM commlog WHERE ProgramNum = 66 AND PatNum = 1512;
-- w096
SELECT * FROM document WHERE PatNum = 1512 ORDER BY DateCreated;
-- w097
SELECT * FROM document WHERE PatNum = 1512 AND DocCategory = 5;
-- w098
SELECT DocNum FROM document WHERE MountItemNum = 12;
-- w099
SELECT * FROM recall WHERE PatNum = 1512;
-- w100
SELECT * FROM recall WHERE PatNum IN (1512, 1513, 1514) AND RecallTypeNum = 1;
-- w101
SELECT * FROM patplan WHERE PatNum = 1512 ORDER BY Ordinal;
-- w102
SELECT * FROM patplan WHERE InsSubNum = 81;
-- w103
SELECT * FROM inssub WHERE Subscriber IN (1512, 1513);
-- w104
SELECT * FROM inssub WHERE PlanNum = 77;
-- w105
SELECT * FROM insplan WHERE CarrierNum = 31;
-- w106
SELECT * FROM insplan WHERE PlanNum IN (77, 78, 79);
-- w107
SELECT * FROM benefit WHERE PlanNum = 77 OR PatPlanNum = 4100;
-- w108
SELECT * FROM benefit WHERE PatPlanNum = 4100;
-- w109
SELECT * FROM fee WHERE FeeSched = 2 AND CodeNum = 118 AND ClinicNum = 0 AND ProvNum = 0;
-- w110
SELECT * FROM fee WHERE FeeSched = 2 AND CodeNum IN (118, 119);
-- w111
SELECT * FROM schedule WHERE SchedDate = '2026-11-23';
-- w112
SELECT * FROM schedule WHERE SchedDate BETWEEN '2026-11-23' AND '2026-11-27';
-- w113
SELECT * FROM schedule WHERE SchedDate = '2026-11-23' AND ProvNum = 3;
-- w114
SELECT * FROM schedule WHERE EmployeeNum = 12 AND SchedDate >= '2026-11-23' AND SchedDate <= '2026-11-29' AND SchedType = 3;
-- w115
SELECT * FROM task WHERE TaskListNum = 12;
-- w116
SELECT * FROM task WHERE KeyNum = 1512 AND ObjectType = 1;
-- w117
SELECT * FROM task WHERE TaskStatus = 0 AND UserNum = 2;
-- w118
SELECT * FROM sheet WHERE PatNum = 1512 ORDER BY DateTimeSheet;
-- w119
SELECT * FROM sheet WHERE DocNum = 8812;
-- w120
SELECT * FROM sheetfield WHERE SheetNum = 744;
-- w121
SELECT * FROM sheetfield WHERE SheetNum = 744 AND FieldType = 5;
-- w122
SELECT * FROM sheetfield WHERE SheetNum IN (744, 745);
-- w123
SELECT * FROM treatplan WHERE PatNum = 1512;
-- w124
SELECT * FROM treatplanattach WHERE TreatPlanNum = 900;
-- w125
SELECT * FROM treatplanattach WHERE ProcNum IN (510332, 510333);
-- w126
SELECT * FROM proctp WHERE TreatPlanNum = 900 ORDER BY ItemOrder;
-- w127
SELECT * FROM proctp WHERE PatNum = 1512;
-- w128
SELECT * FROM histappointment WHERE AptNum = 70112 ORDER BY HistDateTStamp;
-- w129
SELECT * FROM histappointment WHERE PatNum = 1512;
-- w130
SELECT * FROM periomeasure WHERE PerioExamNum = 32 ORDER BY IntTooth;
-- w131
SELECT * FROM periomeasure WHERE PerioExamNum = 31;
-- w132
SELECT * FROM disease WHERE PatNum = 1512;
-- w133
SELECT * FROM allergy WHERE PatNum = 1512;
-- w134
SELECT * FROM medicationpat WHERE PatNum = 1512;
-- w135
SELECT * FROM rxpat WHERE PatNum = 1512 ORDER BY RxDate;
-- w136
SELECT * FROM labcase WHERE AptNum = 70112;
-- w137
SELECT * FROM refattach WHERE PatNum = 1512 ORDER BY ItemOrder;
-- w138
SELECT * FROM toothinitial WHERE PatNum = 1512;
-- w139
SELECT * FROM procnote WHERE PatNum = 1512 ORDER BY EntryDateTime;
-- w140
SELECT * FROM procnote WHERE ProcNum = 510332;
-- w141
SELECT * FROM procnote WHERE ProcNum IN (510332, 510333);
-- w142
SELECT * FROM insverify WHERE FKey = 77 AND VerifyType = 1;
-- w143
SELECT * FROM securitylog WHERE PatNum = 1512 AND PermType = 4;
-- w144
SELECT * FROM securitylog WHERE FKey = 70112 AND PermType IN (25, 26, 27);
-- w145
SELECT * FROM statement WHERE PatNum = 1512 ORDER BY DateSent;
-- w146
SELECT * FROM statement WHERE ShortGUID = 'k3J9';
-- w147
SELECT * FROM patient WHERE Guarantor = 1512;
-- w148
SELECT * FROM patient WHERE SuperFamily = 1512;
-- w149
SELECT * FROM patient WHERE PatNum IN (1512, 1513, 1514);
-- w150
SELECT PatNum, LName, FName, Birthdate FROM patient WHERE LName LIKE 'Bak%' ORDER BY LName, FName LIMIT 40;
-- w151
SELECT PatNum FROM patient WHERE LName = 'Baker' AND FName = 'Ann' AND Birthdate = '1980-02-03';
-- w152
SELECT PatNum FROM patient WHERE ChartNumber = '1512';
-- w153
SELECT PatNum FROM patient WHERE HmPhone LIKE '(555)555-01%';
-- w154
SELECT PatNum FROM patient WHERE Email = 'patient17@example.com';
-- w155
SELECT COUNT(*) FROM patient WHERE Guarantor = 1512;
-- w156
SELECT LName, FName FROM patient WHERE PatNum = 1512;
-- w157
SELECT * FROM signalod WHERE SignalNum > 3990;
-- w158
SELECT * FROM signalod WHERE IType IN (1, 5) AND SignalNum > 3990;
-- w159
SELECT MAX(SignalNum) FROM signalod;
-- w160
SELECT NOW();
-- w161
SELECT COUNT(*) FROM claimproc WHERE PlanNum = 77 AND PatNum = 1512;
-- w162
SELECT * FROM claimpayment WHERE CheckDate BETWEEN '2026-11-01' AND '2026-11-07';
-- w163
SELECT * FROM claimpayment WHERE DepositNum = 31;
-- w164
SELECT * FROM emailmessage WHERE PatNumSubj = 1512;
-- w165
SELECT a.AptNum, a.AptDateTime, p.LName, p.FName FROM appointment a INNER JOIN patient p ON p.PatNum = a.PatNum WHERE a.AptNum = 70112;
-- w166
SELECT p.LName, pl.ProcDate, pc.ProcCode FROM procedurelog pl INNER JOIN procedurecode pc ON pc.CodeNum = pl.CodeNum INNER JOIN patient p ON p.PatNum = pl.PatNum WHERE pl.PatNum = 1512 AND pl.ProcStatus = 2;
-- w167
SELECT a.AptNum, p.LName FROM appointment a LEFT JOIN patient p ON p.PatNum = a.PatNum WHERE a.AptDateTime BETWEEN '2026-11-23 00:00:00' AND '2026-11-24 00:00:00';
-- w168
SELECT pl.ProcNum, pc.Descript FROM procedurelog pl LEFT JOIN procedurecode pc ON pc.CodeNum = pl.CodeNum WHERE pl.AptNum = 70112;
-- w169
SELECT i.* FROM inssub i INNER JOIN patplan pp ON pp.InsSubNum = i.InsSubNum WHERE pp.PatNum = 1512;
-- w170
SELECT ip.*, c.CarrierName FROM insplan ip INNER JOIN carrier c ON c.CarrierNum = ip.CarrierNum WHERE ip.PlanNum = 77;
-- w171
SELECT b.* FROM benefit b INNER JOIN patplan pp ON pp.PatPlanNum = b.PatPlanNum WHERE pp.PatNum = 1512;
-- w172
SELECT cp.*, c.ClaimType FROM claimproc cp LEFT JOIN claim c ON c.ClaimNum = cp.ClaimNum WHERE cp.PatNum = 1512;
-- w173
SELECT ps.*, pay.PayType FROM paysplit ps INNER JOIN payment pay ON pay.PayNum = ps.PayNum WHERE ps.PatNum = 1512;
-- w174
SELECT r.*, p.LName FROM recall r INNER JOIN patient p ON p.PatNum = r.PatNum WHERE p.Guarantor = 1512;
-- w175
SELECT sf.* FROM sheetfield sf INNER JOIN sheet s ON s.SheetNum = sf.SheetNum WHERE s.SheetNum = 744;
-- w176
SELECT t.*, u.UserName FROM task t LEFT JOIN userod u ON u.UserNum = t.UserNum WHERE t.TaskNum = 600;
-- w177
SELECT g.LName FROM patient p INNER JOIN patient g ON g.PatNum = p.Guarantor WHERE p.PatNum = 1512;
-- w178
SELECT pl.* FROM procedurelog pl INNER JOIN treatplanattach ta ON ta.ProcNum = pl.ProcNum WHERE ta.TreatPlanNum = 900;
-- w179
SELECT pm.*, u.UserName FROM procnote pm LEFT JOIN userod u ON u.UserNum = pm.UserNum WHERE pm.ProcNum = 510332;
-- w180
SELECT c.*, p.LName FROM claim c INNER JOIN patient p ON p.PatNum = c.PatNum WHERE c.ClaimNum = 4411;
-- w181
SELECT l.*, a.AptDateTime FROM labcase l LEFT JOIN appointment a ON a.AptNum = l.AptNum WHERE l.LabCaseNum = 40;
-- w182
SELECT d.*, p.LName FROM document d INNER JOIN patient p ON p.PatNum = d.PatNum WHERE d.DocNum = 8812;
-- w183
SELECT s.*, pr.Abbr FROM schedule s LEFT JOIN provider pr ON pr.ProvNum = s.ProvNum WHERE s.SchedDate = '2026-11-23';
-- w184
SELECT h.*, u.UserName FROM histappointment h LEFT JOIN userod u ON u.UserNum = h.HistUserNum WHERE h.AptNum = 70112;
-- w185
SELECT ra.*, rf.LName FROM refattach ra INNER JOIN referral rf ON rf.ReferralNum = ra.ReferralNum WHERE ra.PatNum = 1512;
-- w186
SELECT fe.Amount FROM fee fe INNER JOIN procedurecode pc ON pc.CodeNum = fe.CodeNum WHERE pc.ProcCode = 'D0118' AND fe.FeeSched = 2;
-- w187
SELECT p.PatNum, pn.FamFinancial FROM patient p LEFT JOIN patientnote pn ON pn.PatNum = p.PatNum WHERE p.PatNum = 1512;
-- w188
SELECT COUNT(*) FROM procedurelog pl INNER JOIN claimproc cp ON cp.ProcNum = pl.ProcNum WHERE pl.PatNum = 1512 AND cp.Status = 1;
-- w189
SELECT EXISTS (SELECT 1 FROM claimproc WHERE ProcNum = 510332 AND Status = 1);
-- w190
SELECT p.PatNum FROM patient p WHERE p.PatNum = 1512 AND EXISTS (SELECT 1 FROM appointment a WHERE a.PatNum = p.PatNum AND a.AptStatus = 1);
-- w191
SELECT ProcNum FROM procedurelog WHERE PatNum = 1512 AND ProcNum IN (SELECT ProcNum FROM claimproc WHERE PatNum = 1512);
-- w192
UPDATE appointment SET Confirmed = 21 WHERE AptNum = 70112;
-- w193
UPDATE patient SET PriProv = 3, LName = 'Baker' WHERE PatNum = 1512;
-- w194
UPDATE procedurelog SET ProcStatus = 2 WHERE ProcNum = 510332;
-- w195
UPDATE claimproc SET Status = 1 WHERE ClaimNum = 4411;
-- w196
UPDATE recall SET DateScheduled = '2026-12-01' WHERE PatNum = 1512 AND RecallTypeNum = 1;
-- w197
DELETE FROM paysplit WHERE SplitNum = 20417;
-- w198
DELETE FROM sheetfield WHERE SheetNum = 744;
-- w199
DELETE FROM appointment WHERE AptNum = 70112;
-- w200
SELECT * FROM patient WHERE WirelessPhone = '(555)555-0112';
