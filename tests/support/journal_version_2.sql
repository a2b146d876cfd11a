-- A journal of version 2, as the release before wrote it: its tables in both databases, then its lines.
-- SQLite
CREATE TABLE accounts (
 origin VARCHAR NOT NULL,
 who VARCHAR NOT NULL,
 at BIGINT NOT NULL,
 json VARCHAR NOT NULL,
 PRIMARY KEY (origin, who)
);
CREATE TABLE budgets (
 origin VARCHAR NOT NULL,
 next_call BIGINT NOT NULL,
 PRIMARY KEY (origin)
);
CREATE TABLE journal (
 schema INTEGER NOT NULL,
 since BIGINT NOT NULL
);
CREATE TABLE runs (
 id VARCHAR NOT NULL,
 who VARCHAR NOT NULL,
 workbook VARCHAR NOT NULL,
 started BIGINT NOT NULL,
 ended BIGINT,
 PRIMARY KEY (id)
);
CREATE TABLE teams (
 id INTEGER NOT NULL,
 origin VARCHAR NOT NULL,
 team VARCHAR NOT NULL,
 PRIMARY KEY (id),
 UNIQUE (origin, team)
);
CREATE TABLE aliases (
 team INTEGER NOT NULL,
 contact VARCHAR NOT NULL,
 mail VARCHAR NOT NULL,
 PRIMARY KEY (team, contact, mail),
 FOREIGN KEY(team) REFERENCES teams (id)
)
 WITHOUT ROWID;
CREATE INDEX aliases_mail ON aliases (team, mail);
CREATE TABLE scopes (
 id INTEGER NOT NULL,
 team INTEGER NOT NULL,
 campaign VARCHAR NOT NULL,
 round VARCHAR NOT NULL,
 PRIMARY KEY (id),
 UNIQUE (team, campaign, round),
 FOREIGN KEY(team) REFERENCES teams (id)
);
CREATE TABLE batches (
 id INTEGER NOT NULL,
 scope INTEGER NOT NULL,
 run VARCHAR NOT NULL,
 owner VARCHAR NOT NULL,
 server_offset FLOAT,
 claimed_at BIGINT NOT NULL,
 lease_until BIGINT NOT NULL,
 quiet_from BIGINT NOT NULL,
 first_look BIGINT,
 first_seen VARCHAR NOT NULL,
 PRIMARY KEY (id),
 FOREIGN KEY(scope) REFERENCES scopes (id),
 FOREIGN KEY(run) REFERENCES runs (id)
);
CREATE INDEX ix_batches_scope ON batches (scope);
CREATE TABLE claims (
 id INTEGER NOT NULL,
 batch INTEGER NOT NULL,
 "row" INTEGER NOT NULL,
 state VARCHAR NOT NULL,
 state_at BIGINT NOT NULL,
 request_id VARCHAR NOT NULL,
 portal_url VARCHAR NOT NULL,
 status VARCHAR NOT NULL,
 due VARCHAR NOT NULL,
 words VARCHAR NOT NULL,
 PRIMARY KEY (id),
 FOREIGN KEY(batch) REFERENCES batches (id)
);
CREATE INDEX claims_open ON claims (state, batch) WHERE state IN ('intent', 'unknown');
CREATE INDEX ix_claims_batch ON claims (batch);
CREATE TABLE evidence (
 id INTEGER NOT NULL,
 batch INTEGER NOT NULL,
 at BIGINT NOT NULL,
 text BLOB NOT NULL,
 PRIMARY KEY (id),
 FOREIGN KEY(batch) REFERENCES batches (id)
);
CREATE INDEX ix_evidence_batch ON evidence (batch);
CREATE TABLE bindings (
 origin VARCHAR NOT NULL,
 request_id VARCHAR NOT NULL,
 claim INTEGER NOT NULL,
 PRIMARY KEY (origin, request_id),
 FOREIGN KEY(claim) REFERENCES claims (id)
)
 WITHOUT ROWID;
CREATE TABLE claim_keys (
 claim INTEGER NOT NULL,
 "key" VARCHAR NOT NULL,
 PRIMARY KEY (claim, "key"),
 FOREIGN KEY(claim) REFERENCES claims (id)
)
 WITHOUT ROWID;
CREATE TABLE events (
 id INTEGER NOT NULL,
 claim INTEGER NOT NULL,
 at BIGINT NOT NULL,
 who VARCHAR NOT NULL,
 how VARCHAR NOT NULL,
 old VARCHAR NOT NULL,
 new VARCHAR NOT NULL,
 PRIMARY KEY (id),
 FOREIGN KEY(claim) REFERENCES claims (id)
);
CREATE INDEX ix_events_claim ON events (claim);
CREATE TABLE held (
 scope INTEGER NOT NULL,
 "key" VARCHAR NOT NULL,
 claim INTEGER NOT NULL,
 PRIMARY KEY (scope, "key"),
 FOREIGN KEY(scope) REFERENCES scopes (id),
 FOREIGN KEY(claim) REFERENCES claims (id)
)
 WITHOUT ROWID;
CREATE TABLE waiting (
 scope INTEGER NOT NULL,
 "key" VARCHAR NOT NULL,
 claim INTEGER NOT NULL,
 PRIMARY KEY (scope, "key", claim),
 FOREIGN KEY(scope) REFERENCES scopes (id),
 FOREIGN KEY(claim) REFERENCES claims (id)
)
 WITHOUT ROWID;
-- PostgreSQL
CREATE TABLE accounts (
 origin VARCHAR NOT NULL,
 who VARCHAR NOT NULL,
 at BIGINT NOT NULL,
 json VARCHAR NOT NULL,
 PRIMARY KEY (origin, who)
);
CREATE TABLE budgets (
 origin VARCHAR NOT NULL,
 next_call BIGINT NOT NULL,
 PRIMARY KEY (origin)
);
CREATE TABLE journal (
 schema INTEGER NOT NULL,
 since BIGINT NOT NULL
);
CREATE TABLE runs (
 id VARCHAR NOT NULL,
 who VARCHAR NOT NULL,
 workbook VARCHAR NOT NULL,
 started BIGINT NOT NULL,
 ended BIGINT,
 PRIMARY KEY (id)
);
CREATE TABLE teams (
 id SERIAL NOT NULL,
 origin VARCHAR NOT NULL,
 team VARCHAR NOT NULL,
 PRIMARY KEY (id),
 UNIQUE (origin, team)
);
CREATE TABLE aliases (
 team INTEGER NOT NULL,
 contact VARCHAR NOT NULL,
 mail VARCHAR NOT NULL,
 PRIMARY KEY (team, contact, mail),
 FOREIGN KEY(team) REFERENCES teams (id)
);
CREATE INDEX aliases_mail ON aliases (team, mail);
CREATE TABLE scopes (
 id SERIAL NOT NULL,
 team INTEGER NOT NULL,
 campaign VARCHAR NOT NULL,
 round VARCHAR NOT NULL,
 PRIMARY KEY (id),
 UNIQUE (team, campaign, round),
 FOREIGN KEY(team) REFERENCES teams (id)
);
CREATE TABLE batches (
 id SERIAL NOT NULL,
 scope INTEGER NOT NULL,
 run VARCHAR NOT NULL,
 owner VARCHAR NOT NULL,
 server_offset FLOAT,
 claimed_at BIGINT NOT NULL,
 lease_until BIGINT NOT NULL,
 quiet_from BIGINT NOT NULL,
 first_look BIGINT,
 first_seen VARCHAR NOT NULL,
 PRIMARY KEY (id),
 FOREIGN KEY(scope) REFERENCES scopes (id),
 FOREIGN KEY(run) REFERENCES runs (id)
);
CREATE INDEX ix_batches_scope ON batches (scope);
CREATE TABLE claims (
 id SERIAL NOT NULL,
 batch INTEGER NOT NULL,
 row INTEGER NOT NULL,
 state VARCHAR NOT NULL,
 state_at BIGINT NOT NULL,
 request_id VARCHAR NOT NULL,
 portal_url VARCHAR NOT NULL,
 status VARCHAR NOT NULL,
 due VARCHAR NOT NULL,
 words VARCHAR NOT NULL,
 PRIMARY KEY (id),
 FOREIGN KEY(batch) REFERENCES batches (id)
);
CREATE INDEX claims_open ON claims (state, batch) WHERE state IN ('intent', 'unknown');
CREATE INDEX ix_claims_batch ON claims (batch);
CREATE TABLE evidence (
 id SERIAL NOT NULL,
 batch INTEGER NOT NULL,
 at BIGINT NOT NULL,
 text BYTEA NOT NULL,
 PRIMARY KEY (id),
 FOREIGN KEY(batch) REFERENCES batches (id)
);
CREATE INDEX ix_evidence_batch ON evidence (batch);
CREATE TABLE bindings (
 origin VARCHAR NOT NULL,
 request_id VARCHAR NOT NULL,
 claim INTEGER NOT NULL,
 PRIMARY KEY (origin, request_id),
 FOREIGN KEY(claim) REFERENCES claims (id)
);
CREATE TABLE claim_keys (
 claim INTEGER NOT NULL,
 key VARCHAR NOT NULL,
 PRIMARY KEY (claim, key),
 FOREIGN KEY(claim) REFERENCES claims (id)
);
CREATE TABLE events (
 id SERIAL NOT NULL,
 claim INTEGER NOT NULL,
 at BIGINT NOT NULL,
 who VARCHAR NOT NULL,
 how VARCHAR NOT NULL,
 "old" VARCHAR NOT NULL,
 "new" VARCHAR NOT NULL,
 PRIMARY KEY (id),
 FOREIGN KEY(claim) REFERENCES claims (id)
);
CREATE INDEX ix_events_claim ON events (claim);
CREATE TABLE held (
 scope INTEGER NOT NULL,
 key VARCHAR NOT NULL,
 claim INTEGER NOT NULL,
 PRIMARY KEY (scope, key),
 FOREIGN KEY(scope) REFERENCES scopes (id),
 FOREIGN KEY(claim) REFERENCES claims (id)
);
CREATE TABLE waiting (
 scope INTEGER NOT NULL,
 key VARCHAR NOT NULL,
 claim INTEGER NOT NULL,
 PRIMARY KEY (scope, key, claim),
 FOREIGN KEY(scope) REFERENCES scopes (id),
 FOREIGN KEY(claim) REFERENCES claims (id)
);
-- Lines
INSERT INTO "journal" VALUES(2,1795851077578493);
INSERT INTO "runs" VALUES('old-run','ann on PC-7','clients.xlsx',1795443120000000,1795443120000000);
INSERT INTO "teams" VALUES(1,'https://api.example.test/v1','team-1');
INSERT INTO "aliases" VALUES(1,'id:X','mail:ann@acme.com');
INSERT INTO "aliases" VALUES(1,'id:undefined','mail:s0@acme.com');
INSERT INTO "aliases" VALUES(1,'id:undefined','mail:s1@acme.com');
INSERT INTO "aliases" VALUES(1,'id:undefined','mail:s2@acme.com');
INSERT INTO "aliases" VALUES(1,'id:undefined','mail:s3@acme.com');
INSERT INTO "aliases" VALUES(1,'id:undefined','mail:s4@acme.com');
INSERT INTO "aliases" VALUES(1,'id:Y','mail:w@münchen.de');
INSERT INTO "scopes" VALUES(1,1,'campaign-1','');
INSERT INTO "batches" VALUES(1,1,'old-run','c425afb68e09bbf9b32818acc4ea6c04',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(2,1,'old-run','d316b5c1fa049fe41f43b8e629307946',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(3,1,'old-run','dda699d92b2ba01bfd0bcef309998d58',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(4,1,'old-run','e1e3195f393e58baeba9a3122b4da52c',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(5,1,'old-run','2f21bfcc982e237978cc1ed499d9fade',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(6,1,'old-run','41211ed59829e20c3d60b4e167890eed',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(7,1,'old-run','0fff7650a1ef1e58cb5b58e3ed082a9a',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(8,1,'old-run','efb26a7ab3cee5f4e2e218d54e28cd66',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(9,1,'old-run','693e7ecd837cbd09e7dfefb94b8195c8',NULL,1795443120000000,1795443180000000,1795443300000000,NULL,'');
INSERT INTO "batches" VALUES(10,1,'old-run','f3b835b3e37ebe787169538e78722561',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(11,1,'old-run','70c3f8e7a12e49799f4d6f37820ceaec',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(12,1,'old-run','9c927add78a82db310312bfbeccf8b06',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(13,1,'old-run','70085b119872c38c980165b6b3e45924',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(14,1,'old-run','efeba574ebafe2b823f6644647f894f9',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(15,1,'old-run','aa0c393601d55816b41293946c66eb60',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(16,1,'old-run','e256e0ae4bfc72c01b620104edf158bf',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(17,1,'old-run','824cf183ae6181b12a5b87be622b8cbd',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(18,1,'old-run','de33db71c33bdf670b0c9b94b502ebe9',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(19,1,'old-run','cd708cb6f90468040d8cce267e5438ab',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(20,1,'old-run','538327bf793842fe065f44296a760872',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(21,1,'old-run','3e7ce0501611a4b657cd55877cd78093',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(22,1,'old-run','c12f98a0adda79992cd31246d6df24e8',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "batches" VALUES(23,1,'old-run','7bc902671aa7260891427b77dd73bfc9',NULL,1795443120000000,1795443120000000,1795443120000000,NULL,'');
INSERT INTO "claims" VALUES(1,1,2,'sent',1795443120000000,'R1','https://x.example.test/R1','pending','','');
INSERT INTO "claims" VALUES(2,2,2,'sent',1795443120000000,'R2','https://x.example.test/R2','pending','','');
INSERT INTO "claims" VALUES(3,3,2,'unknown',1795443120000000,'','','','','the connection broke');
INSERT INTO "claims" VALUES(4,4,2,'unknown',1795443120000000,'','','','','the connection broke');
INSERT INTO "claims" VALUES(5,5,2,'sent',1795443120000000,'R3','https://x.example.test/R3','pending','','');
INSERT INTO "claims" VALUES(6,6,2,'sent',1795443120000000,'R4','https://x.example.test/R4','pending','','');
INSERT INTO "claims" VALUES(7,7,2,'sent',1795443120000000,'','','','','Sent, as bob on PC-8 said.');
INSERT INTO "claims" VALUES(8,8,2,'cancelled',1795443120000000,'request-8','https://x.example.test/request-8','pending','','');
INSERT INTO "claims" VALUES(9,9,2,'intent',1795443120000000,'','','','','');
INSERT INTO "claims" VALUES(10,10,50,'sent',1795443120000000,'R6','','pending','','');
INSERT INTO "claims" VALUES(11,11,2,'unknown',1795443120000000,'','','','','Collect accepted the call, but its answer does not name this row. It said: something went wrong. Run: collect-xl settle');
INSERT INTO "claims" VALUES(12,12,2,'unknown',1795443120000000,'','','','','Collect accepted the call, but its answer does not name this row. Run: collect-xl settle');
INSERT INTO "claims" VALUES(13,13,2,'unknown',1795443120000000,'','','','','Collect answered with request R77, probably this row''s, under another name. Run: collect-xl settle');
INSERT INTO "claims" VALUES(14,14,2,'unknown',1795443120000000,'','','','','Collect refused this row; it said: bounced before. Mend the row, then run send again.');
INSERT INTO "claims" VALUES(15,15,2,'unknown',1795443120000000,'','','','','Sent from another computer, where its answer was lost');
INSERT INTO "claims" VALUES(16,16,2,'unknown',1795443120000000,'','','','','its sender ended before its outcome was known');
INSERT INTO "claims" VALUES(17,17,2,'unknown',1795443120000000,'','','','','Collect named request R5 for this contact, but it is another contact''s already');
INSERT INTO "claims" VALUES(18,18,2,'unknown',1795443120000000,'','','','','the connection broke');
INSERT INTO "claims" VALUES(19,19,2,'not_sent',1795443120000000,'','','','','Not sent, as bob on PC-8 said. Run send again.');
INSERT INTO "claims" VALUES(20,20,2,'not_sent',1795443120000000,'','','','','Not sent: Collect never received it. Run send again.');
INSERT INTO "claims" VALUES(21,21,2,'not_sent',1795443120000000,'','','','','Not sent: Collect accepted the call, but its answer does not name this row. It said: bad tag. No request was made. Mend what it said, then run send again.');
INSERT INTO "claims" VALUES(22,22,2,'not_sent',1795443120000000,'','','','','no connection was made');
INSERT INTO "claims" VALUES(23,23,2,'refused',1795443120000000,'','','','','Collect found the batch invalid (400).');
INSERT INTO "bindings" VALUES('https://api.example.test/v1','R1',1);
INSERT INTO "bindings" VALUES('https://api.example.test/v1','R2',2);
INSERT INTO "bindings" VALUES('https://api.example.test/v1','R3',5);
INSERT INTO "bindings" VALUES('https://api.example.test/v1','R4',6);
INSERT INTO "bindings" VALUES('https://api.example.test/v1','R6',10);
INSERT INTO "bindings" VALUES('https://api.example.test/v1','request-8',8);
INSERT INTO "claim_keys" VALUES(1,'id:X');
INSERT INTO "claim_keys" VALUES(1,'mail:ann@acme.com');
INSERT INTO "claim_keys" VALUES(2,'mail:u@münchen.de');
INSERT INTO "claim_keys" VALUES(3,'mail:u@strasse.de');
INSERT INTO "claim_keys" VALUES(4,'mail:v@xn--mnchen-3ya.de');
INSERT INTO "claim_keys" VALUES(5,'mail:v@münchen.de');
INSERT INTO "claim_keys" VALUES(6,'id:ONLY');
INSERT INTO "claim_keys" VALUES(7,'mail:cat@acme.com');
INSERT INTO "claim_keys" VALUES(8,'mail:dan@acme.com');
INSERT INTO "claim_keys" VALUES(9,'mail:eve@acme.com');
INSERT INTO "claim_keys" VALUES(10,'mail:fay@acme.com');
INSERT INTO "claim_keys" VALUES(11,'mail:s0@acme.com');
INSERT INTO "claim_keys" VALUES(12,'mail:s1@acme.com');
INSERT INTO "claim_keys" VALUES(13,'mail:s2@acme.com');
INSERT INTO "claim_keys" VALUES(14,'mail:s3@acme.com');
INSERT INTO "claim_keys" VALUES(15,'mail:s4@acme.com');
INSERT INTO "claim_keys" VALUES(16,'mail:s5@acme.com');
INSERT INTO "claim_keys" VALUES(17,'mail:s6@acme.com');
INSERT INTO "claim_keys" VALUES(18,'mail:s7@acme.com');
INSERT INTO "claim_keys" VALUES(19,'mail:s8@acme.com');
INSERT INTO "claim_keys" VALUES(20,'mail:s9@acme.com');
INSERT INTO "claim_keys" VALUES(21,'mail:s10@acme.com');
INSERT INTO "claim_keys" VALUES(22,'mail:s11@acme.com');
INSERT INTO "claim_keys" VALUES(23,'mail:s12@acme.com');
INSERT INTO "held" VALUES(1,'id:ONLY',6);
INSERT INTO "held" VALUES(1,'id:X',1);
INSERT INTO "held" VALUES(1,'mail:ann@acme.com',1);
INSERT INTO "held" VALUES(1,'mail:cat@acme.com',7);
INSERT INTO "held" VALUES(1,'mail:eve@acme.com',9);
INSERT INTO "held" VALUES(1,'mail:fay@acme.com',10);
INSERT INTO "held" VALUES(1,'mail:s0@acme.com',11);
INSERT INTO "held" VALUES(1,'mail:s1@acme.com',12);
INSERT INTO "held" VALUES(1,'mail:s2@acme.com',13);
INSERT INTO "held" VALUES(1,'mail:s3@acme.com',14);
INSERT INTO "held" VALUES(1,'mail:s4@acme.com',15);
INSERT INTO "held" VALUES(1,'mail:s5@acme.com',16);
INSERT INTO "held" VALUES(1,'mail:s6@acme.com',17);
INSERT INTO "held" VALUES(1,'mail:s7@acme.com',18);
INSERT INTO "held" VALUES(1,'mail:u@münchen.de',2);
INSERT INTO "held" VALUES(1,'mail:u@strasse.de',3);
INSERT INTO "held" VALUES(1,'mail:v@münchen.de',5);
INSERT INTO "held" VALUES(1,'mail:v@xn--mnchen-3ya.de',4);
INSERT INTO "events" VALUES(1,1,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(2,1,1795443120000000,'ann on PC-7','answer','intent','sent');
INSERT INTO "events" VALUES(3,2,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(4,2,1795443120000000,'ann on PC-7','answer','intent','sent');
INSERT INTO "events" VALUES(5,3,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(6,3,1795443120000000,'ann on PC-7','answer','intent','unknown');
INSERT INTO "events" VALUES(7,4,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(8,4,1795443120000000,'ann on PC-7','answer','intent','unknown');
INSERT INTO "events" VALUES(9,5,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(10,5,1795443120000000,'ann on PC-7','answer','intent','sent');
INSERT INTO "events" VALUES(11,6,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(12,6,1795443120000000,'ann on PC-7','answer','intent','sent');
INSERT INTO "events" VALUES(13,7,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(14,7,1795443120000000,'ann on PC-7','answer','intent','unknown');
INSERT INTO "events" VALUES(15,7,1795443120000000,'bob','looked up','unknown','sent');
INSERT INTO "events" VALUES(16,8,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(17,8,1795443120000000,'ann on PC-7','answer','intent','sent');
INSERT INTO "events" VALUES(18,8,1795443120000000,'bob','looked up','sent','cancelled');
INSERT INTO "events" VALUES(19,9,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(20,10,1795443120000000,'ann on PC-7','adopted','','intent');
INSERT INTO "events" VALUES(21,10,1795443120000000,'ann on PC-7','adopted','intent','sent');
INSERT INTO "events" VALUES(22,11,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(23,11,1795443120000000,'ann on PC-7','answer','intent','unknown');
INSERT INTO "events" VALUES(24,12,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(25,12,1795443120000000,'ann on PC-7','answer','intent','unknown');
INSERT INTO "events" VALUES(26,13,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(27,13,1795443120000000,'ann on PC-7','answer','intent','unknown');
INSERT INTO "events" VALUES(28,14,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(29,14,1795443120000000,'ann on PC-7','answer','intent','unknown');
INSERT INTO "events" VALUES(30,15,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(31,15,1795443120000000,'ann on PC-7','answer','intent','unknown');
INSERT INTO "events" VALUES(32,16,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(33,16,1795443120000000,'ann on PC-7','answer','intent','unknown');
INSERT INTO "events" VALUES(34,17,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(35,17,1795443120000000,'ann on PC-7','answer','intent','unknown');
INSERT INTO "events" VALUES(36,18,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(37,18,1795443120000000,'ann on PC-7','answer','intent','unknown');
INSERT INTO "events" VALUES(38,19,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(39,19,1795443120000000,'ann on PC-7','answer','intent','not_sent');
INSERT INTO "events" VALUES(40,20,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(41,20,1795443120000000,'ann on PC-7','answer','intent','not_sent');
INSERT INTO "events" VALUES(42,21,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(43,21,1795443120000000,'ann on PC-7','answer','intent','not_sent');
INSERT INTO "events" VALUES(44,22,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(45,22,1795443120000000,'ann on PC-7','answer','intent','not_sent');
INSERT INTO "events" VALUES(46,23,1795443120000000,'ann on PC-7','claimed','','intent');
INSERT INTO "events" VALUES(47,23,1795443120000000,'ann on PC-7','answer','intent','refused');
