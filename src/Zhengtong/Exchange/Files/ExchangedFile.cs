using Zhengtong.Exchange.Model;

namespace Zhengtong.Exchange.Files;

/// <summary>Where a file stands.</summary>
public enum FileState
{
    /// <summary>Bytes are still expected.</summary>
    Uploading,
    /// <summary>All bytes are there; they are hashed and searched for malware.</summary>
    Checking,
    /// <summary>Recipients may fetch it.</summary>
    Published,
    /// <summary>The check found something; the content is gone, the reason stays.</summary>
    Refused,
    /// <summary>The content is gone; receipts stay.</summary>
    Purged,
}

/// <summary>What the search for malware came to.</summary>
public enum ContentCheck
{
    /// <summary>Not searched: no checker is configured.</summary>
    NotConfigured,
    /// <summary>Searched, nothing found.</summary>
    Clean,
    /// <summary>Searched, something found.</summary>
    Malware,
}

/// <summary>A file 文件 of an information resource on its way to those who have an agreement on it. The content lies encrypted beside the database: <see cref="FileContent"/>.</summary>
internal sealed class ExchangedFile
{
    /// <summary>Longest name, in characters.</summary>
    internal const int NameLength = 200;

    /// <summary>Longest media type, in characters.</summary>
    internal const int ContentTypeLength = 100;

    internal required Guid Id { get; init; }

    internal required Guid ResourceId { get; init; }

    /// <summary>The organisation that gives it; nobody else may go on with the upload.</summary>
    internal required Guid ProviderId { get; init; }

    /// <summary>As its recipients see it: one segment of a path, 1 to 200 characters.</summary>
    internal required string Name { get; init; }

    /// <summary>As the provider names it; told, never used to show the file.</summary>
    internal required string ContentType { get; init; }

    /// <summary>Bytes of the plaintext; null while the uploader has not said.</summary>
    internal long? Length { get; private set; }

    /// <summary>Bytes that arrived and are durable.</summary>
    internal long Offset { get; private set; }

    internal FileState State { get; private set; } = FileState.Uploading;

    /// <summary>The provider's front-end node that encrypted it, checked it and alone has its content key; null when the platform did.</summary>
    internal Guid? NodeId { get; init; }

    /// <summary>The content key wrapped to the provider's receiving key, a <see cref="KeyWrap"/>; null when a node has the key, or the content is gone, so that what may be left of it opens for nobody.</summary>
    internal string? Wrap { get; private set; }

    /// <summary><c>Upload-Metadata</c> as the uploader sent it; null when the file came another way.</summary>
    internal string? Metadata { get; init; }

    /// <summary>Of an upload out of a watched folder: which file on which disk, so that it is never taken in twice. Unique; null otherwise.</summary>
    internal string? Origin { get; set; }

    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When an unfinished upload is given up.</summary>
    internal DateTimeOffset ExpiresAt { get; private set; }

    internal DateTimeOffset? UploadedAt { get; private set; }

    /// <summary>SHA-256 of the plaintext, lower-case hex; null until checked, which a node does before the first byte.</summary>
    internal string? Sha256 { get; private set; }

    /// <summary>SM3 of the plaintext, lower-case hex; null until checked.</summary>
    internal string? Sm3 { get; private set; }

    internal ContentCheck? Check { get; private set; }

    /// <summary>What was found, as the checker names it; null when nothing was.</summary>
    internal string? Finding { get; private set; }

    internal DateTimeOffset? PublishedAt { get; private set; }

    internal DateTimeOffset? PurgedAt { get; private set; }

    /// <summary>True while content lies in the store that nobody needs any more.</summary>
    internal bool IsLeft { get; private set; }

    /// <summary>Problem code of what keeps the check waiting; null when nothing does.</summary>
    internal string? Problem { get; private set; }

    /// <summary>Failed checks since the last success.</summary>
    internal int Failures { get; private set; }

    /// <summary>When the check is tried next.</summary>
    internal DateTimeOffset NextCheckAt { get; private set; }

    /// <summary>From 1; of two that change one file, one loses here.</summary>
    internal int Revision { get; private set; } = 1;

    internal static ExchangedFile Begin(Guid id, Guid provider, NewFile asked, KeyWrap wrap, DateTimeOffset now, TimeSpan patience) => new()
    {
        Id = id, ResourceId = asked.Resource, ProviderId = provider, Name = asked.Name, ContentType = asked.ContentType, Length = asked.Length, Metadata = asked.Metadata, Origin = asked.Origin,
        Wrap = wrap.ToText(), CreatedAt = now, ExpiresAt = now + patience, NextCheckAt = now,
    };

    /// <summary>A front-end node begins: it has hashed the file and had it searched, for nobody else can. When something was found the content never comes.</summary>
    internal static ExchangedFile BeginOnNode(Guid id, Guid provider, Guid node, NewFile asked, NodeVerdict verdict, DateTimeOffset now, TimeSpan patience)
    {
        var file = new ExchangedFile
        {
            Id = id, NodeId = node, ResourceId = asked.Resource, ProviderId = provider, Name = asked.Name, ContentType = asked.ContentType, Length = asked.Length, Origin = asked.Origin,
            CreatedAt = now, ExpiresAt = now + patience, NextCheckAt = now, Sha256 = verdict.Sha256, Sm3 = verdict.Sm3, Check = verdict.Check,
        };
        if (verdict.Finding is { } finding) { file.Refuse(finding); }
        return file;
    }

    /// <summary>The uploader says how long the file will be; once.</summary>
    internal void SayLength(long length)
    {
        Length = length;
        Revision++;
    }

    /// <summary>So many bytes are durable now.</summary>
    internal void Arrived(long offset, DateTimeOffset now, TimeSpan patience)
    {
        Offset = offset;
        ExpiresAt = now + patience;
        Revision++;
    }

    /// <summary>The last byte is durable.</summary>
    internal void Complete(DateTimeOffset now)
    {
        Length = Offset;
        State = FileState.Checking;
        UploadedAt = NextCheckAt = now;
        Revision++;
    }

    /// <summary>The content was hashed; the recipients may have it.</summary>
    internal void Publish(string sha256, string sm3, ContentCheck check, DateTimeOffset now)
    {
        (Sha256, Sm3, Check) = (sha256, sm3, check);
        State = FileState.Published;
        PublishedAt = now;
        Problem = null;
        Failures = 0;
        Revision++;
    }

    /// <summary>Something was found in the content; it goes.</summary>
    internal void Refuse(string finding)
    {
        (Check, Finding) = (ContentCheck.Malware, finding.Length > 200 ? finding[..200] : finding);
        Problem = null;
        State = FileState.Refused;
        Forget();
    }

    /// <summary>The check could not be made; the next comes after 2, 4, 8 ... at most 300 seconds.</summary>
    internal void Wait(string problem, DateTimeOffset now)
    {
        Problem = problem;
        Failures++;
        NextCheckAt = now + Delivery.BackOff(Failures);
        Revision++;
    }

    internal void Purge(DateTimeOffset now)
    {
        State = FileState.Purged;
        PurgedAt = now;
        Forget();
    }

    /// <summary>Nothing of the content lies in the store any more.</summary>
    internal void Swept()
    {
        IsLeft = false;
        Revision++;
    }

    private void Forget()
    {
        Wrap = null;
        IsLeft = true;
        Origin = null;
        Revision++;
    }
}

/// <summary>What an uploader says before the first byte.</summary>
/// <param name="Resource">The information resource it belongs to.</param>
/// <param name="Name">Its name.</param>
/// <param name="ContentType">Its media type; empty for unknown.</param>
/// <param name="Length">Its bytes; null while unknown.</param>
/// <param name="Metadata">As tus sent it.</param>
/// <param name="Origin">Which file of a watched folder.</param>
internal sealed record NewFile(Guid Resource, string Name, string ContentType, long? Length, string? Metadata = null, string? Origin = null);

/// <summary>What a node found out about a file before it encrypted it.</summary>
/// <param name="Sha256">SHA-256 of the plaintext, lower-case hex.</param>
/// <param name="Sm3">SM3 of the plaintext, lower-case hex.</param>
/// <param name="Check">What the search came to.</param>
/// <param name="Finding">What was found; null when nothing was.</param>
internal sealed record NodeVerdict(string Sha256, string Sm3, ContentCheck Check, string? Finding);

/// <summary>Where a file stands with one recipient.</summary>
public enum RecipientState
{
    /// <summary>The recipient may fetch it.</summary>
    Initialised,
    /// <summary>The recipient has begun to fetch it.</summary>
    DownloadStarted,
    /// <summary>The recipient computed the right digest and gave its receipt.</summary>
    DownloadConfirmed,
    /// <summary>The recipient named a digest that is not the file's; it may fetch it again.</summary>
    DownloadFailed,
}

/// <summary>A file as one agreement gives it to its consumer, and the proofs of both.</summary>
internal sealed class FileRecipient
{
    internal required Guid Id { get; init; }

    internal required Guid FileId { get; init; }

    internal required Guid AgreementId { get; init; }

    internal required Guid ConsumerId { get; init; }

    internal RecipientState State { get; private set; } = RecipientState.Initialised;

    /// <summary>The consumer's front-end node, which alone can open it; null when the platform can.</summary>
    internal Guid? NodeId { get; init; }

    /// <summary>The content key wrapped to the consumer's receiving key, a <see cref="KeyWrap"/>; null when the content is gone.</summary>
    internal string? Wrap { get; set; }

    /// <summary>Canonical JSON that the provider signed, a <see cref="FileManifest"/>.</summary>
    internal required string Manifest { get; init; }

    /// <summary>Digest of the manifest, by the suite: lower-case hex.</summary>
    internal required string ManifestDigest { get; init; }

    /// <summary>The provider's signature over the manifest, base64 DER.</summary>
    internal required string Signature { get; init; }

    internal required DateTimeOffset PublishedAt { get; init; }

    internal DateTimeOffset? StartedAt { get; private set; }

    /// <summary>The last digest that was refused; null when none was.</summary>
    internal string? WrongDigest { get; private set; }

    /// <summary>Canonical JSON that the consumer signed, a <see cref="FileCounterReceipt"/>; null until then.</summary>
    internal string? CounterReceipt { get; private set; }

    /// <summary>The consumer's signature over it, base64 DER.</summary>
    internal string? CounterSignature { get; private set; }

    internal DateTimeOffset? ConfirmedAt { get; private set; }

    /// <summary>From 1; of two confirmations one loses here.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Start(DateTimeOffset now)
    {
        State = RecipientState.DownloadStarted;
        StartedAt = now;
        Revision++;
    }

    internal void Fail(string digest)
    {
        State = RecipientState.DownloadFailed;
        WrongDigest = digest;
        Revision++;
    }

    internal void Confirm(string counterReceipt, string signature, DateTimeOffset now)
    {
        State = RecipientState.DownloadConfirmed;
        (CounterReceipt, CounterSignature, ConfirmedAt) = (counterReceipt, signature, now);
        WrongDigest = null;
        Revision++;
    }
}

/// <summary>How long files of one resource stay, set by its provider.</summary>
internal sealed class FileRetention
{
    internal required Guid ResourceId { get; init; }

    /// <summary>Days after publication when all have confirmed, from 0.</summary>
    internal required int KeepDays { get; set; }

    /// <summary>Days after publication in any case, not below <see cref="KeepDays"/>.</summary>
    internal required int LatestDays { get; set; }
}

/// <summary>The consumer wants the files of an agreement put into its folder, on the platform or on a front-end node of its own, and confirmed.</summary>
internal sealed class FileInbox
{
    internal required Guid AgreementId { get; init; }

    internal required Guid OrganisationId { get; init; }

    /// <summary>On which node the folder is; null on the platform. What is given from now on is encrypted to it.</summary>
    internal Guid? NodeId { get; set; }

    internal required DateTimeOffset SetAt { get; init; }
}
