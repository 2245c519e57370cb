SELECT `PatNum`, LName FROM patient WHERE PatNum=5 AND LName <> 'x' OR FName != "y"
SELECT 1e5, .5, 1., -5, +5, 0x1F, x'1F', X'1f', b'01', 0b01, N'abc', _utf8'abc', _latin1 'abc', NULL, 2
SELECT * FROM patient WHERE PatNum IN (1)
SELECT * FROM patient WHERE PatNum IN (1, -2, +3, NULL, 'a', TRUE)
SELECT * FROM patient WHERE PatNum - 5 > -5 AND PatNum -5 = - 5 AND PatNum*-5 < 3 AND PatNum - -5 = 3-5
SELECT @x, @'x y', @`z`, @@version, @@session.sql_mode, @@global.max_connections
SET @x = 5, @y := 6
SELECT SUBSTR(LName,1,2), SUBSTRING(LName FROM 1 FOR 2), MID(LName,1,2), LENGTH(LName), CHAR_LENGTH(LName) FROM patient
SELECT NOW(), CURRENT_TIMESTAMP, CURRENT_TIMESTAMP(), LOCALTIMESTAMP(), SYSDATE(), CURDATE(), CURRENT_DATE, CURRENT_TIME
SELECT UTC_DATE, UTC_TIMESTAMP(), CURRENT_USER, CURRENT_USER(), USER(), SESSION_USER(), SYSTEM_USER(), DATABASE(), SCHEMA()
SELECT POW(1,2), LCASE('a'), STD(Fee), STDDEV(Fee), VARIANCE(Fee), CEIL(1), DAY(NOW()), MONTH(NOW()), YEAR(NOW()) FROM patient
SELECT DATE_ADD(BirthDate, INTERVAL 5 DAY), ADDDATE(BirthDate,5), BirthDate - INTERVAL -5 MONTH, EXTRACT(YEAR FROM BirthDate) FROM patient
SELECT TIMESTAMPDIFF(SQL_TSI_DAY, NOW(), NOW()), TIMESTAMPADD(WEEK, 1, NOW()), HOUR(NOW()), QUARTER(NOW())
SELECT * FROM patient LIMIT 5
SELECT * FROM patient LIMIT 5, 10
SELECT * FROM patient LIMIT 10 OFFSET 5
SELECT * FROM patient p WHERE p.LName IS NULL AND FName IS NOT NULL AND NOT p.PatNum <=> NULL AND LName = NULL
SELECT * FROM patient WHERE PatNum IS TRUE OR PatNum IS NOT FALSE OR PatNum IS UNKNOWN OR PatNum = TRUE
SELECT Status, `Status`, `key`, `my col`, p.status, p.key FROM patient p
INSERT INTO patient (LName, FName) VALUES ('a','b')
INSERT INTO patient (LName, FName) VALUES ('a','b'),('c','d'),('e','f')
INSERT INTO patient (LName) VALUES ('a'),('b')
INSERT INTO patient (LName, BirthDate) VALUES ('a', NOW()),('b', NOW())
INSERT INTO patient (LName, Fee) VALUES (DEFAULT, -1.5)
INSERT INTO patient SET LName='x', FName='y' ON DUPLICATE KEY UPDATE LName=VALUES(LName)
INSERT INTO appointment () VALUES (),()
INSERT INTO appointment VALUES (NULL, 5, (SELECT 1), NULL)
INSERT IGNORE INTO patient (LName, FName) SELECT LName, 'x' FROM patient WHERE PatNum IN (SELECT PatNum FROM appointment)
REPLACE INTO patient (PatNum, LName) VALUE (5, 'a'), (6,'b')
UPDATE patient SET LName='x', Fee=Fee+1 WHERE PatNum=5
UPDATE patient p, appointment a SET p.Fee = a.AptStatus WHERE p.PatNum = a.PatNum
DELETE FROM patient WHERE PatNum=-5 LIMIT 1
DELETE a, p FROM appointment a JOIN patient p ON a.PatNum = p.PatNum WHERE a.AptNum < 0
SELECT /* of Smith, John */ 1 -- Smith
SELECT /*!40001 SQL_NO_CACHE */ * FROM patient
SELECT /*+ MAX_EXECUTION_TIME(1000) */ LName FROM patient
SELECT 'a' 'b', 'it''s', 'it\'s', "d""q", 'back\\', 'a;b'
SELECT COUNT(*), COUNT( * ), COUNT(1), COUNT(DISTINCT PatNum), GROUP_CONCAT(DISTINCT LName ORDER BY LName SEPARATOR '; ') FROM patient
SELECT DATE '2020-01-01', TIMESTAMP '2020-01-01 00:00:00', {d '2020-01-01'}, TIME'10:00:00'
SELECT CAST(LName AS CHAR(10)), CONVERT(LName, SIGNED), CONVERT(LName USING utf8), CAST(Fee AS DECIMAL(10,2)) FROM patient
SELECT LName `John Smith`, FName AS 'Jane Doe', Note "Bob X", PatNum AS JohnSmith, Fee AS ünï, Fee AS `O'Brien` FROM patient
SELECT p.`key`, `p`.`LName` FROM `fingerprints`.`patient` AS `p` INNER JOIN appointment a ON a.PatNum=p.PatNum
SELECT * FROM patient WHERE LName LIKE '%x%' AND FName RLIKE 'x' AND FName REGEXP 'y' AND LName NOT LIKE 'z' ESCAPE '!'
SELECT 1 && 0, 1 || 0, 1 AND 0, 1 OR 0, ! 1, NOT 1, 1 XOR 0, 5 DIV 2, 5 % 2, 5 MOD 2, MOD(5,2), 1 << 2, ~1, 1^1, 1|1, 1&1
SELECT IF(PatNum=1,2,3), IFNULL(NULL,1), COALESCE(NULL,1), CASE PatNum WHEN 1 THEN 'a' ELSE 'b' END, LEFT('a',1), CHAR(65,66) FROM patient
SELECT * FROM patient WHERE (PatNum, LName) IN ((1,'a'),(2,'b')) OR (PatNum, LName) = (1,'a') OR ROW(1,2) = ROW(3,4)
SELECT * FROM patient WHERE (PatNum = 5) AND ((1)) AND (('a'))
SELECT Fee*-1, Fee -1, Fee*(-1), 1-1, -1.5e3, -(5), +Fee, - -5 FROM patient WHERE Fee>-1 AND Fee BETWEEN -1 AND +5
SELECT patient.*, fingerprints.patient.LName FROM patient ORDER BY 1 DESC, 2 ASC
(SELECT PatNum FROM patient LIMIT 1) UNION DISTINCT (SELECT 5)
SELECT p.PatNum, COUNT(*) c FROM patient p LEFT OUTER JOIN appointment a USING (PatNum) GROUP BY p.PatNum WITH ROLLUP HAVING c > 5
SELECT * FROM patient, appointment WHERE patient.PatNum=appointment.PatNum AND EXISTS (SELECT 1 FROM appointment x WHERE x.PatNum=patient.PatNum)
SELECT * FROM patient USE INDEX (PRIMARY) WHERE PatNum BETWEEN 1 AND -2 FOR UPDATE
SELECT SQL_CALC_FOUND_ROWS DISTINCTROW PatNum FROM patient LOCK IN SHARE MODE
SELECT DATE_FORMAT(BirthDate,'%Y') AS y, TRIM(LEADING 'x' FROM LName), POSITION('a' IN LName), CONCAT_WS(' ', LName), RAND() FROM patient
SELECT * FROM patient WHERE MATCH(Note) AGAINST ('x' IN BOOLEAN MODE)
SELECT PatNum FROM patient WHERE PatNum = ANY (SELECT PatNum FROM appointment) OR PatNum > SOME (SELECT 1) OR PatNum <> ALL (SELECT 3)
CREATE TEMPORARY TABLE scratch (a INT NOT NULL DEFAULT 5, b INTEGER NULL, c VARCHAR(10) DEFAULT NULL COMMENT 'x', d DEC(10,2), PRIMARY KEY (a))
CREATE OR REPLACE VIEW names AS SELECT LName 'x y' FROM patient
GRANT SELECT ON fingerprints.* TO 'root'@'localhost'
SHOW TABLES FROM fingerprints LIKE 'p%'
DESCRIBE patient
EXPLAIN SELECT * FROM patient WHERE PatNum=5
SET SESSION sql_mode = ''
START TRANSACTION
LOCK TABLES patient WRITE
UNLOCK TABLES
DO SLEEP(0)
TRUNCATE TABLE appointment
SELECT PatNum,LName,FName FROM patient WHERE DateTStamp > '2026-11-22 08:00:00'
SELECT a.AptNum,IFNULL(x.f,0) FROM appointment a LEFT JOIN (SELECT PatNum,SUM(Fee) f FROM patient GROUP BY PatNum) x ON x.PatNum=a.PatNum
SELECT * FROM patient WHERE DATE(DateTStamp) = DATE('2020-01-01') AND DateTStamp >= '2020-01-01' - INTERVAL 1 DAY;
