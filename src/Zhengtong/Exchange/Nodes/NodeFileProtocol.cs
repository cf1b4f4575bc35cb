using System.ComponentModel.DataAnnotations;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Files;

namespace Zhengtong.Exchange.Nodes;

/// <summary>What a node does about files; part of its signed configuration.</summary>
/// <param name="Resources">What its department provides as files: the folders of its outbox.</param>
/// <param name="Outgoing">Agreements over these that are in force.</param>
/// <param name="Incoming">Agreements whose inbox is the node's folder.</param>
internal sealed record NodeFileTasks(IReadOnlyList<NodeFileResource> Resources, IReadOnlyList<NodeFileAgreement> Outgoing, IReadOnlyList<NodeFileAgreement> Incoming);

/// <summary>A resource of the kind file.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Code">Its code.</param>
/// <param name="Name">Its name.</param>
internal sealed record NodeFileResource(Guid Id, string Code, string Name);

/// <summary>An agreement over files.</summary>
/// <param name="Terms">From the sealed agreement.</param>
/// <param name="ReceiveKey">As provider: what content keys are wrapped to.</param>
/// <param name="ProviderKeys">As consumer: the keys by which manifests may be signed.</param>
internal sealed record NodeFileAgreement(AgreementTerms Terms, NodeKey? ReceiveKey, IReadOnlyList<NodeKey>? ProviderKeys);

/// <summary>A provider's node begins to hand a file in, or asks how far it has come.</summary>
/// <param name="File">Its id, made by the node: it is bound into every segment.</param>
/// <param name="Resource">The information resource.</param>
/// <param name="Name">Its name, one segment of a path.</param>
/// <param name="Length">Bytes of the plaintext, from 1.</param>
/// <param name="Origin">Digest that tells this file of this folder from any other: 64 hex digits.</param>
/// <param name="Sha256">SHA-256 of the plaintext, lower-case hex.</param>
/// <param name="Sm3">SM3 of the plaintext, lower-case hex.</param>
/// <param name="Check">What the node's search for malware came to.</param>
/// <param name="Finding">What was found; then no content follows. Null when nothing was.</param>
public sealed record BeginNodeFileRequest(
    Guid File, Guid Resource, [Required, StringLength(ExchangedFile.NameLength, MinimumLength = 1)] string Name, [Range(1, long.MaxValue)] long Length,
    [Required, RegularExpression("[0-9a-f]{64}")] string Origin, [Required, RegularExpression("[0-9a-f]{64}")] string Sha256, [Required, RegularExpression("[0-9a-f]{64}")] string Sm3,
    ContentCheck Check, [StringLength(200, MinimumLength = 1)] string? Finding);

/// <summary>How a file that a node hands in stands.</summary>
/// <param name="Offset">Bytes of the plaintext whose segments are durable at the platform.</param>
/// <param name="State">Where it stands.</param>
internal sealed record NodeFileUpload(long Offset, FileState State);

/// <summary>Files that an agreement in force gives and that nobody has signed for it.</summary>
/// <param name="Items">At most 100, the oldest first.</param>
internal sealed record NodeUnpublishedFiles(IReadOnlyList<NodeUnpublishedFile> Items);

/// <summary>One of them.</summary>
/// <param name="File">The file.</param>
/// <param name="Agreement">The agreement.</param>
internal sealed record NodeUnpublishedFile(Guid File, Guid Agreement);

/// <summary>A provider's node gives a file to one recipient.</summary>
/// <param name="Manifest">As signed.</param>
/// <param name="Signature">Base64 DER.</param>
/// <param name="Wrap">The content key wrapped to the key that the manifest names.</param>
public sealed record PublishNodeFileRequest([Required, StringLength(10_000)] string Manifest, [Required, StringLength(200)] string Signature, [Required, StringLength(2000)] string Wrap);

/// <summary>Files whose content keys a node still has.</summary>
/// <param name="Files">At most 1,000.</param>
public sealed record ForgetNodeFilesRequest([Required, Length(0, 1000)] IReadOnlyList<Guid> Files);

/// <summary>Those of them whose content is gone, or that the platform does not know.</summary>
/// <param name="Files">The node forgets their keys.</param>
internal sealed record ForgottenNodeFiles(IReadOnlyList<Guid> Files);

/// <summary>Files that wait for a consumer's node.</summary>
/// <param name="Items">At most 20, the oldest first.</param>
internal sealed record NodeReceivedFiles(IReadOnlyList<NodeReceivedFile> Items);

/// <summary>One of them.</summary>
/// <param name="Id">The recipient's; names segments and receipt.</param>
/// <param name="Manifest">As signed by the provider.</param>
/// <param name="Signature">Base64 DER.</param>
/// <param name="Wrap">The content key wrapped to the node.</param>
internal sealed record NodeReceivedFile(Guid Id, string Manifest, string Signature, string Wrap);

/// <summary>What arrived at a consumer's node: its receipt, or another digest than the manifest's.</summary>
/// <param name="CounterReceipt">As signed; null when something else arrived.</param>
/// <param name="Signature">Base64 DER; null with it.</param>
/// <param name="WrongDigest">What arrived instead, by the agreement's suite; null when the receipt is there.</param>
public sealed record ConfirmNodeFileRequest([StringLength(10_000)] string? CounterReceipt, [StringLength(200)] string? Signature, [RegularExpression("[0-9a-f]{64}")] string? WrongDigest);
