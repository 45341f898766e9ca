"""The broker properties of Kafka 4.3.1 that nobody here reads: accepted, checked, and reported.

One a line: name, type, default, valid values, in Kafka's own texts, under the reason why they mean nothing here.  A
property that begins to be read moves to table.py.
"""

# ruff: noqa: E501 — a row is one line

from __future__ import annotations

from functools import cache
from typing import Any

from pykbroker.config.values import Boolean, Class, Double, Int, List, Long, Password, Property, Short, String

_TYPES: dict[str, type[Property[Any]]] = {
    kind.kind: kind for kind in (Boolean, Class, Double, Int, List, Long, Password, Short, String)
}
_TEXTS = {"null": None, '""': ""}

PREFIXES = ("listener.name.", "config.providers.", "rlmm.config.", "rsm.config.")
"""Of properties that Kafka knows by their beginning: a listener's own settings, and those of plug-ins."""


@cache
def unread() -> dict[str, Property[Any]]:
    """Every row under its property's name.  Read at first use: a broker with nothing unusual set never needs it."""
    rows: dict[str, Property[Any]] = {}
    reason = ""
    for line in _ROWS.strip().splitlines():
        if line.startswith("= "):
            reason = line[2:]
            continue
        name, kind, default, *valid = line.split(" ", 3)
        rows[name] = _TYPES[kind](_TEXTS.get(default, default), "".join(valid), later=reason)
    return rows


_ROWS = """
= TLS is not served yet.
security.providers string null
ssl.allow.dn.changes boolean false
ssl.allow.san.changes boolean false
ssl.cipher.suites list ""
ssl.client.auth string none [required, requested, none]
ssl.enabled.protocols list TLSv1.2,TLSv1.3
ssl.endpoint.identification.algorithm string https
ssl.engine.factory.class class null
ssl.key.password password null
ssl.keymanager.algorithm string SunX509
ssl.keystore.certificate.chain password null
ssl.keystore.key password null
ssl.keystore.location string null
ssl.keystore.password password null
ssl.keystore.type string JKS
ssl.principal.mapping.rules string DEFAULT
ssl.protocol string TLSv1.3
ssl.provider string null
ssl.secure.random.implementation string null
ssl.trustmanager.algorithm string PKIX
ssl.truststore.certificates password null
ssl.truststore.location string null
ssl.truststore.password password null
ssl.truststore.type string JKS
= SASL is not served yet: nobody is asked who they are.
connection.failed.authentication.delay.ms int 100 [0,...]
connections.max.reauth.ms long 0
delegation.token.expiry.check.interval.ms long 3600000 [1,...]
delegation.token.expiry.time.ms long 86400000 [1,...]
delegation.token.max.lifetime.ms long 604800000 [1,...]
delegation.token.secret.key password null
principal.builder.class class org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder
sasl.client.callback.handler.class class null
sasl.enabled.mechanisms list GSSAPI
sasl.jaas.config password null
sasl.kerberos.kinit.cmd string /usr/bin/kinit
sasl.kerberos.min.time.before.relogin long 60000
sasl.kerberos.principal.to.local.rules list DEFAULT
sasl.kerberos.service.name string null
sasl.kerberos.ticket.renew.jitter double 0.05
sasl.kerberos.ticket.renew.window.factor double 0.8
sasl.login.callback.handler.class class null
sasl.login.class class null
sasl.login.connect.timeout.ms int null
sasl.login.read.timeout.ms int null
sasl.login.refresh.buffer.seconds short 300
sasl.login.refresh.min.period.seconds short 60
sasl.login.refresh.window.factor double 0.8
sasl.login.refresh.window.jitter double 0.05
sasl.login.retry.backoff.max.ms long 10000
sasl.login.retry.backoff.ms long 100
sasl.mechanism.controller.protocol string GSSAPI
sasl.mechanism.inter.broker.protocol string GSSAPI
sasl.oauthbearer.assertion.algorithm string RS256 (case insensitive) [ES256, RS256]
sasl.oauthbearer.assertion.claim.aud string null
sasl.oauthbearer.assertion.claim.exp.seconds int 300 [0,...,86400]
sasl.oauthbearer.assertion.claim.iss string null
sasl.oauthbearer.assertion.claim.jti.include boolean false
sasl.oauthbearer.assertion.claim.nbf.seconds int 60 [0,...,3600]
sasl.oauthbearer.assertion.claim.sub string null
sasl.oauthbearer.assertion.file string null
sasl.oauthbearer.assertion.private.key.file string null
sasl.oauthbearer.assertion.private.key.passphrase password null
sasl.oauthbearer.assertion.template.file string null
sasl.oauthbearer.client.credentials.client.id string null
sasl.oauthbearer.client.credentials.client.secret password null
sasl.oauthbearer.clock.skew.seconds int 30
sasl.oauthbearer.expected.audience list ""
sasl.oauthbearer.expected.issuer string null
sasl.oauthbearer.jwks.endpoint.refresh.ms long 3600000
sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms long 10000
sasl.oauthbearer.jwks.endpoint.retry.backoff.ms long 100
sasl.oauthbearer.jwks.endpoint.url string null
sasl.oauthbearer.jwt.retriever.class class org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever
sasl.oauthbearer.jwt.validator.class class org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator
sasl.oauthbearer.scope string null
sasl.oauthbearer.scope.claim.name string scope
sasl.oauthbearer.sub.claim.name string sub
sasl.oauthbearer.token.endpoint.url string null
sasl.server.callback.handler.class class null
sasl.server.max.receive.size int 524288
= There is no authorizer: everybody may do everything.
authorizer.class.name string "" non-null string
= There is no quorum: one broker is its own controller.
auto.leader.rebalance.enable boolean true
controller.performance.always.log.threshold.ms long 2000 [0,...]
controller.performance.sample.period.ms long 60000 [100,...]
controller.quorum.append.linger.ms int 25 [0,...]
controller.quorum.auto.join.enable boolean false
controller.quorum.bootstrap.servers list "" non-empty list
controller.quorum.election.backoff.max.ms int 1000 [0,...]
controller.quorum.election.timeout.ms int 1000 [0,...]
controller.quorum.fetch.max.bytes int 1048576 [1,...]
controller.quorum.fetch.snapshot.max.bytes int 1048576 [1,...]
controller.quorum.fetch.timeout.ms int 2000 [0,...]
controller.quorum.request.timeout.ms int 2000 [0,...]
controller.quorum.retry.backoff.ms int 20 [0,...]
controller.socket.timeout.ms int 30000
early.start.listeners list null
initial.broker.registration.timeout.ms int 60000
leader.imbalance.check.interval.seconds long 300 [1,...]
server.max.startup.time.ms long 9223372036854775807 [0,...]
unclean.leader.election.interval.ms long 300000 [1,...]
unstable.api.versions.enable boolean false
unstable.feature.versions.enable boolean false
= There is no second broker to talk to, or to keep in step with.
alter.log.dirs.replication.quota.window.num int 11 [1,...]
alter.log.dirs.replication.quota.window.size.seconds int 1 [1,...]
broker.heartbeat.interval.ms int 2000
broker.session.timeout.ms int 9000
controlled.shutdown.enable boolean true
follower.fetch.last.tiered.offset.enable boolean false
num.replica.alter.log.dirs.threads int null
num.replica.fetchers int 1 [1,...]
replica.fetch.backoff.ms int 1000 [0,...]
replica.fetch.max.bytes int 1048576 [0,...]
replica.fetch.min.bytes int 1
replica.fetch.response.max.bytes int 10485760 [0,...]
replica.fetch.wait.max.ms int 500
replica.high.watermark.checkpoint.interval.ms long 5000
replica.lag.time.max.ms long 30000
replica.selector.class string null
replica.socket.receive.buffer.bytes int 65536
replica.socket.timeout.ms int 30000
replication.quota.window.num int 11 [1,...]
replication.quota.window.size.seconds int 1 [1,...]
request.timeout.ms int 30000
socket.connection.setup.timeout.max.ms long 30000
socket.connection.setup.timeout.ms long 10000
= There are no quotas: nobody is slowed down.
client.quota.callback.class class null
controller.quota.window.num int 11 [1,...]
controller.quota.window.size.seconds int 1 [1,...]
quota.window.num int 11 [1,...]
quota.window.size.seconds int 1 [1,...]
= The catalog is a log in the broker's own process, in log.dirs and without snapshots.
internal.metadata.delete.delay.millis long 60000
internal.metadata.log.segment.bytes int null
internal.metadata.max.batch.size.in.bytes int 8388608
metadata.log.dir string null
metadata.log.max.record.bytes.between.snapshots long 20971520 [1,...]
metadata.log.max.snapshot.interval.ms long 3600000 [0,...]
metadata.log.segment.bytes int 1073741824 [8388608,...]
metadata.log.segment.ms long 604800000
metadata.max.idle.interval.ms int 500 [0,...]
metadata.max.retention.bytes long 104857600
metadata.max.retention.ms long 604800000
= There is no tiered storage.
remote.fetch.max.wait.ms int 500 [1,...]
remote.list.offsets.request.timeout.ms long 30000 [1,...]
remote.log.index.file.cache.total.size.bytes long 1073741824 [1,...]
remote.log.index.file.cache.ttl.ms long 900000 [-1,...]
remote.log.manager.copier.thread.pool.size int 10 [1,...]
remote.log.manager.copy.max.bytes.per.second long 9223372036854775807 [1,...]
remote.log.manager.copy.quota.window.num int 11 [1,...]
remote.log.manager.copy.quota.window.size.seconds int 1 [1,...]
remote.log.manager.expiration.thread.pool.size int 10 [1,...]
remote.log.manager.fetch.max.bytes.per.second long 9223372036854775807 [1,...]
remote.log.manager.fetch.quota.window.num int 11 [1,...]
remote.log.manager.fetch.quota.window.size.seconds int 1 [1,...]
remote.log.manager.follower.thread.pool.size int 2 [1,...]
remote.log.manager.task.interval.ms long 30000 [1,...]
remote.log.manager.task.retry.backoff.max.ms long 30000 [1,...]
remote.log.manager.task.retry.backoff.ms long 500 [1,...]
remote.log.manager.task.retry.jitter double 0.2 [0,...,0.5]
remote.log.manager.thread.pool.size int 2 [1,...]
remote.log.metadata.custom.metadata.max.bytes int 128 [0,...]
remote.log.metadata.manager.class.name string org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager non-empty string
remote.log.metadata.manager.class.path string null
remote.log.metadata.manager.impl.prefix string rlmm.config. non-empty string
remote.log.metadata.manager.listener.name string null non-empty string
remote.log.reader.max.pending.tasks int 100 [1,...]
remote.log.reader.threads int 10 [1,...]
remote.log.storage.manager.class.name string null non-empty string
remote.log.storage.manager.class.path string null
remote.log.storage.manager.impl.prefix string rsm.config. non-empty string
remote.log.storage.system.enable boolean false
= Groups of the new consumer protocol (KIP-848) are not served yet.
group.consumer.assignment.interval.ms int 1000 [0,...]
group.consumer.assignors list uniform,range
group.consumer.heartbeat.interval.ms int 5000 [1,...]
group.consumer.max.assignment.interval.ms int 15000 [0,...]
group.consumer.max.heartbeat.interval.ms int 15000 [1,...]
group.consumer.max.session.timeout.ms int 60000 [1,...]
group.consumer.max.size int 2147483647 [1,...]
group.consumer.migration.policy string bidirectional (case insensitive) [DISABLED, DOWNGRADE, UPGRADE, BIDIRECTIONAL]
group.consumer.min.assignment.interval.ms int 0 [0,...]
group.consumer.min.heartbeat.interval.ms int 5000 [1,...]
group.consumer.min.session.timeout.ms int 45000 [1,...]
group.consumer.regex.refresh.interval.ms int 600000 [10000,...]
group.consumer.session.timeout.ms int 45000 [1,...]
= Share groups are not served yet.
group.share.assignment.interval.ms int 1000 [0,...]
group.share.assignors list simple
group.share.delivery.count.limit int 5 [2,...,10]
group.share.heartbeat.interval.ms int 5000 [1,...]
group.share.initialize.retry.interval.ms int 30000 [1,...]
group.share.max.assignment.interval.ms int 15000 [0,...]
group.share.max.delivery.count.limit int 10 [5,...,25]
group.share.max.heartbeat.interval.ms int 15000 [1,...]
group.share.max.partition.max.record.locks int 4000 [2000,...,10000]
group.share.max.record.lock.duration.ms int 60000 [30000,...,3600000]
group.share.max.session.timeout.ms int 60000 [1,...]
group.share.max.share.sessions int 2000 [1,...]
group.share.max.size int 200 [1,...,1000]
group.share.min.assignment.interval.ms int 0 [0,...]
group.share.min.delivery.count.limit int 2 [2,...,5]
group.share.min.heartbeat.interval.ms int 5000 [1,...]
group.share.min.partition.max.record.locks int 100 [100,...,2000]
group.share.min.record.lock.duration.ms int 15000 [1000,...,30000]
group.share.min.session.timeout.ms int 45000 [1,...]
group.share.partition.max.record.locks int 2000 [100,...,10000]
group.share.persister.class.name string org.apache.kafka.server.share.persister.DefaultStatePersister
group.share.record.lock.duration.ms int 30000 [1000,...,3600000]
group.share.session.timeout.ms int 45000 [1,...]
share.coordinator.append.linger.ms int -1 [-1,...]
share.coordinator.cached.buffer.max.bytes int 1048588 [524288,...]
share.coordinator.cold.partition.snapshot.interval.ms int 300000 [1,...]
share.coordinator.load.buffer.size int 5242880 [1,...]
share.coordinator.snapshot.update.records.per.snapshot int 500 [0,...,500]
share.coordinator.state.topic.compression.codec int 0
share.coordinator.state.topic.min.isr short 2 [1,...]
share.coordinator.state.topic.num.partitions int 50 [1,...]
share.coordinator.state.topic.prune.interval.ms int 300000 [1,...]
share.coordinator.state.topic.replication.factor short 3 [1,...]
share.coordinator.state.topic.segment.bytes int 104857600 [1,...]
share.coordinator.threads int 1 [1,...]
share.coordinator.write.timeout.ms int 5000 [1,...]
share.fetch.purgatory.purge.interval.requests int 1000
= Streams groups are not served yet.
group.streams.assignment.interval.ms int 1000 [0,...]
group.streams.heartbeat.interval.ms int 5000 [1,...]
group.streams.initial.rebalance.delay.ms int 3000 [0,...]
group.streams.max.assignment.interval.ms int 15000 [0,...]
group.streams.max.heartbeat.interval.ms int 15000 [1,...]
group.streams.max.session.timeout.ms int 60000 [1,...]
group.streams.max.size int 2147483647 [1,...]
group.streams.max.standby.replicas int 2 [0,...]
group.streams.min.assignment.interval.ms int 0 [0,...]
group.streams.min.heartbeat.interval.ms int 5000 [1,...]
group.streams.min.session.timeout.ms int 45000 [1,...]
group.streams.num.standby.replicas int 0 [0,...]
group.streams.session.timeout.ms int 45000 [1,...]
= A coordinator appends at once, and all of them share the broker's one thread.
group.coordinator.append.linger.ms int -1 [-1,...]
group.coordinator.background.threads int 2 [1,...]
group.coordinator.cached.buffer.max.bytes int 1048588 [524288,...]
group.coordinator.threads int 4 [1,...]
offsets.commit.timeout.ms int 5000 [1,...]
offsets.load.buffer.size int 5242880 [1,...]
= Transactions are not served yet.
add.partitions.to.txn.retry.backoff.max.ms int 100 [0,...]
add.partitions.to.txn.retry.backoff.ms int 20 [1,...]
transaction.abort.timed.out.transaction.cleanup.interval.ms int 10000 [1,...]
transaction.max.timeout.ms int 900000 [1,...]
transaction.remove.expired.transaction.cleanup.interval.ms int 3600000 [1,...]
transaction.state.log.load.buffer.size int 5242880 [1,...]
transaction.state.log.min.isr int 2 [1,...]
transaction.state.log.num.partitions int 50 [1,...]
transaction.state.log.replication.factor short 3 [1,...]
transaction.state.log.segment.bytes int 104857600 [1,...]
transaction.two.phase.commit.enable boolean false
= One thread serves all connections; there is no queue between threads.
background.threads int 10 [1,...]
num.io.threads int 8 [1,...]
num.network.threads int 3 [1,...]
num.recovery.threads.per.data.dir int 2 [1,...]
queued.max.requests int 500 [1,...]
= A request that waits lies in no purgatory: it is woken, and gone.
delete.records.purgatory.purge.interval.requests int 1
fetch.purgatory.purge.interval.requests int 1000
producer.purgatory.purge.interval.requests int 1000
= Metrics are served at pykbroker.metrics.listener, and nowhere else.
kafka.metrics.polling.interval.secs int 10 [1,...]
kafka.metrics.reporters list ""
metric.reporters list org.apache.kafka.common.metrics.JmxReporter
metrics.num.samples int 2 [1,...]
metrics.recording.level string INFO
metrics.sample.window.ms long 30000 [1,...]
telemetry.max.bytes int 1048576 [1,...]
= One thread compacts, and its buffers are sized by the batches that it meets.
log.cleaner.io.buffer.load.factor double 0.9
log.cleaner.io.buffer.size int 524288 [0,...]
log.cleaner.threads int 1 [0,...]
= Classes for the Java machine cannot be loaded here.
alter.config.policy.class.name class null
config.providers list ""
create.topic.policy.class.name class null
= There is one directory of logs, and a fault in it is told of at once.
log.dir.failure.timeout.ms long 30000 [1,...]
"""
