using System.ComponentModel.DataAnnotations;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Exchange.Timetables;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Nodes;

/// <summary>A public key that a node brings: the private half never leaves it.</summary>
/// <param name="Suite">In which suite it is used.</param>
/// <param name="Use">What for.</param>
/// <param name="PublicKey">Base64 SubjectPublicKeyInfo.</param>
public sealed record NodePublicKey(SuiteName Suite, KeyUse Use, [Required, StringLength(400)] string PublicKey);

/// <summary>What a machine sends to become a node.</summary>
/// <param name="Token">As the officer was shown it.</param>
/// <param name="SigningRequest">Base64 PKCS#10 request for the request key, P-256.</param>
/// <param name="Version">The program's version.</param>
/// <param name="Keys">One for each suite and use.</param>
public sealed record EnrolNodeRequest(
    [Required, StringLength(200)] string Token, [Required, StringLength(4000)] string SigningRequest, [Required, StringLength(60)] string Version,
    [Required, Length(1, 8)] IReadOnlyList<NodePublicKey> Keys);

/// <summary>What a machine is as a node.</summary>
/// <param name="Node">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Organisation">Whose it is.</param>
/// <param name="OrganisationName">Its organisation's name.</param>
/// <param name="Certificate">Base64 X.509.</param>
/// <param name="Authority">Base64 X.509 of the authority; its SHA-256 stands in the token.</param>
public sealed record EnrolNodeResponse(Guid Node, string Name, Guid Organisation, string OrganisationName, string Certificate, string Authority);

/// <summary>A request for the next certificate.</summary>
/// <param name="SigningRequest">Base64 PKCS#10.</param>
public sealed record RenewNodeCertificateRequest([Required, StringLength(4000)] string SigningRequest);

/// <summary>The next certificate.</summary>
/// <param name="Certificate">Base64 X.509.</param>
public sealed record RenewNodeCertificateResponse(string Certificate);

/// <summary>Which half of a delivery a node does.</summary>
public enum NodeRole
{
    /// <summary>It reads and seals.</summary>
    Provider,
    /// <summary>It opens and applies.</summary>
    Consumer,
}

/// <summary>A key by its id.</summary>
internal sealed record NodeKey(string KeyId, string PublicKey);

/// <summary>What a node does for one delivery.</summary>
/// <param name="Id">The delivery.</param>
/// <param name="Role">Which half.</param>
/// <param name="Terms">From the sealed agreement.</param>
/// <param name="Source">The node's own name of the database.</param>
/// <param name="Schema">Of the table; empty on SQLite.</param>
/// <param name="Table">The table.</param>
/// <param name="Capture">As provider: how changes are found.</param>
/// <param name="Watermark">As provider: the column that grows; null for any other capture.</param>
/// <param name="Create">As consumer: true makes the table when it is missing.</param>
/// <param name="BatchRows">Most rows a batch.</param>
/// <param name="BatchBytes">A batch is closed with the row that passes this size.</param>
/// <param name="ReceiveKey">As provider: what batches are encrypted to.</param>
/// <param name="ProviderKeys">As consumer: the keys by which batches may be signed.</param>
/// <param name="Encoding">As provider: how texts are encoded; left out when the database says it.</param>
/// <param name="Anew">As provider: all rows are to be copied anew, and the batch that empties the target has not come yet.</param>
/// <param name="Pace">As provider: when and how fast it may read; null at any time, as fast as it can.</param>
internal sealed record NodeDelivery(
    Guid Id, NodeRole Role, AgreementTerms Terms, string Source, string Schema, string Table, CaptureKind? Capture, string? Watermark, bool Create, int BatchRows, int BatchBytes,
    NodeKey? ReceiveKey, IReadOnlyList<NodeKey>? ProviderKeys, bool Anew, PaceTerms? Pace, TextEncoding? Encoding = null)
{
    /// <summary>As provider: most rows that may be held back, those that were discarded among them; with more the delivery stands still.</summary>
    public int MostQuarantined { get; init; }

    /// <summary>As provider: rows that were released from quarantine and did not go out yet, the first first; at most 500.</summary>
    public IReadOnlyList<Guid> Released { get; init; } = [];

    /// <summary>As provider: the reconciliation whose repair was ordered and is not done; null when there is none.</summary>
    public Guid? Repair { get; init; }

    /// <summary>As provider: the back-fill that was ordered and is not over; null when there is none.</summary>
    public Guid? BackFill { get; init; }

    /// <summary>As provider: rows with a correction under way; null when there are none.</summary>
    public NodeDoubts? Doubts { get; init; }

    /// <summary>As provider: what is read.</summary>
    internal Reading Reads => new(new TableName(Schema, Table), Terms.Items, Terms.Rows, Capture, Watermark, BatchRows, BatchBytes, Encoding ?? TextEncoding.Declared);
}

/// <summary>Rows of which the consumer doubts a value. The node says with a batch which of them it holds.</summary>
/// <param name="Secret">Base64, 32 bytes, of this delivery alone: under it the rows' keys are digested, as the consumer has them.</param>
/// <param name="Corrections">Corrections under way, the first first; at most 500.</param>
internal sealed record NodeDoubts(string Secret, IReadOnlyList<Doubt> Corrections);

/// <summary>A day that does not follow its weekday.</summary>
internal sealed record NodeDay(DateOnly Date, bool IsWorkingDay);

/// <summary>What a node is to do, complete. Canonical JSON, signed by the authority together with the request's nonce.</summary>
/// <param name="Format">Which form this is.</param>
/// <param name="Node">For whom.</param>
/// <param name="Deliveries">Its halves.</param>
/// <param name="Files">What it does with files; null when nothing.</param>
/// <param name="Calendar">The calendar's days from this year on, when running hours need them; null when none do.</param>
internal sealed record NodeConfiguration(string Format, Guid Node, IReadOnlyList<NodeDelivery> Deliveries, NodeFileTasks? Files = null, IReadOnlyList<NodeDay>? Calendar = null)
{
    internal const string FormatName = "zhengtong-node-configuration-1";
}

/// <summary>An answer on its way that the authority signed.</summary>
/// <param name="Document">A <see cref="NodeConfiguration"/> or a <see cref="NodeBackFill"/> as signed.</param>
/// <param name="Signature">Base64 DER, ECDSA P-256 with SHA-256 of the authority over <c>zhengtong-node-answer-1</c>, the request's nonce and the document, a line each.</param>
internal sealed record NodeSignedAnswer(string Document, string Signature);

/// <summary>What is new.</summary>
/// <param name="State">Opaque; sent back, the answer waits until it differs.</param>
/// <param name="Configuration">SHA-256 of the configuration, lower-case hex.</param>
/// <param name="Waiting">Deliveries of which batches wait for this node.</param>
internal sealed record NodeNews(string State, string Configuration, IReadOnlyList<Guid> Waiting)
{
    /// <summary>Questions of reconciliations to this node that are not answered.</summary>
    public IReadOnlyList<Guid> Questions { get; init; } = [];

    /// <summary>Deliveries whose provider's half is to rest, because both tables are being compared.</summary>
    public IReadOnlyList<Guid> Resting { get; init; } = [];

    /// <summary>Opaque; differs when there may be files to sign or to fetch.</summary>
    public string Files { get; init; } = "";
}

/// <summary>Where the platform sees a delivery.</summary>
/// <param name="Sequence">Of the last batch it has; 0 before the first.</param>
/// <param name="ManifestDigest">Of that batch.</param>
internal sealed record NodePlace(long Sequence, string? ManifestDigest);

/// <summary>Where a provider's node is in its snapshot.</summary>
/// <param name="Begun">Rows it will have, about, when it begins; null otherwise.</param>
/// <param name="Anew">Why all rows are copied anew; null otherwise. When both are null the snapshot is over.</param>
public sealed record NodeSnapshotRequest([Range(0, long.MaxValue)] long? Begun, NodeFault? Anew);

/// <summary>Head of a batch that is handed in; the ciphertext follows it.</summary>
/// <param name="Manifest">As signed.</param>
/// <param name="Signature">Base64 DER.</param>
internal sealed record NodeBatchHead(string Manifest, string Signature);

/// <summary>Batches that wait, in order.</summary>
/// <param name="Batches">At most 20.</param>
/// <param name="Receipted">The last one that the consumer gave its receipt for; null before the first, and while all rows are to be copied anew.</param>
internal sealed record NodeBatches(IReadOnlyList<Engine.WaitingBatch> Batches, Engine.ReceiptedBatch? Receipted);

/// <summary>The consumer's node can never take what waits for it.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Held">Sequence of the last batch that its database holds; 0 for none.</param>
public sealed record NodeGiveUpRequest([Required] NodeFault Reason, [Range(0, long.MaxValue)] long Held);

/// <summary>The consumer's answer to a batch.</summary>
/// <param name="CounterReceipt">As signed.</param>
/// <param name="Signature">Base64 DER.</param>
public sealed record NodeReceiptRequest([Required, StringLength(10_000)] string CounterReceipt, [Required, StringLength(200)] string Signature);

/// <summary>A database of a node, without its connection.</summary>
/// <param name="Name">2 to 60 characters.</param>
/// <param name="Kind">Which database.</param>
/// <param name="Problem">Code of what keeps it from being reached; null when it answers.</param>
public sealed record NodeSource([Required, StringLength(60, MinimumLength = 2)] string Name, DataSourceKind Kind, [StringLength(100)] string? Problem);

/// <summary>How a node's half of a delivery goes.</summary>
/// <param name="Delivery">The delivery.</param>
/// <param name="Role">Which half.</param>
/// <param name="Problem">Code of what keeps it; null when nothing does.</param>
/// <param name="Faults">What exactly, as text keys with arguments; never a value of a row.</param>
/// <param name="LogBytes">Bytes of log that the source keeps for it; null when it keeps none.</param>
/// <param name="LogStatus">How the source calls the state of that log; null without <paramref name="LogBytes"/>.</param>
public sealed record NodeDeliveryState(
    Guid Delivery, NodeRole Role, [StringLength(100)] string? Problem, [Length(0, 100)] IReadOnlyList<NodeFault>? Faults, [Range(0, long.MaxValue)] long? LogBytes, [StringLength(40)] string? LogStatus);

/// <summary>One fault.</summary>
/// <param name="Key">Text key.</param>
/// <param name="Arguments">What fills its places.</param>
public sealed record NodeFault([Required, StringLength(100)] string Key, [Required, Length(0, 10)] IReadOnlyList<string> Arguments);

/// <summary>A node's report of itself.</summary>
/// <param name="Version">The program's version.</param>
/// <param name="Time">The node's clock.</param>
/// <param name="DiskFreeBytes">Free where its folder lies.</param>
/// <param name="SpooledBatches">Sealed and not handed in.</param>
/// <param name="LagSeconds">Age of the oldest of them.</param>
/// <param name="Sources">Its databases.</param>
/// <param name="Deliveries">Its deliveries.</param>
/// <param name="FilesProblem">Code of what keeps its files, or one of them; null when nothing does.</param>
public sealed record NodeHeartbeat(
    [Required, StringLength(60)] string Version, DateTimeOffset Time, [Range(0, long.MaxValue)] long DiskFreeBytes, [Range(0, long.MaxValue)] long SpooledBatches,
    [Range(0, long.MaxValue)] long LagSeconds, [Required, Length(0, 100)] IReadOnlyList<NodeSource> Sources, [Required, Length(0, 2000)] IReadOnlyList<NodeDeliveryState> Deliveries,
    [StringLength(100)] string? FilesProblem = null);

/// <summary>What the platform answers to a report.</summary>
/// <param name="Time">The platform's clock.</param>
/// <param name="RefusedSources">Names that another data source of the department has already.</param>
public sealed record NodeHeartbeatResponse(DateTimeOffset Time, IReadOnlyList<string> RefusedSources);
