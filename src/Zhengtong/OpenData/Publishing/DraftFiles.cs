using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>A file on its way into a draft.</summary>
/// <param name="FileName">As its owner calls it; made safe here.</param>
/// <param name="Name">What readers see; the file's name when null.</param>
/// <param name="Replaces">The file of the draft whose content it takes over, with its id; null for a new one.</param>
internal sealed record NewDatasetFile(string FileName, string? Name, Guid? Replaces);

/// <summary>Takes files into drafts, by the API and by the page's form. Streams: memory is constant.</summary>
internal sealed class DraftFiles(ZhengtongDb db, ObjectStore store, IOptions<DatasetFilesOptions> options, TimeProvider clock)
{
    /// <summary>Most files of a version.</summary>
    internal const int Most = 200;

    private const int NameLength = 200;

    /// <summary>Keeps the bytes and names them in the draft. Nothing is changed when it is refused; bytes that nobody names are collected.</summary>
    /// <param name="dataset">Of the actor's department.</param>
    /// <param name="file">What it is called.</param>
    /// <param name="content">Its bytes; read to the end.</param>
    /// <param name="actor">Who brings it.</param>
    /// <param name="ct">Stops it.</param>
    internal async Task<(DatasetResource? Added, ProblemHttpResult? Problem)> AddAsync(Guid dataset, NewDatasetFile file, Stream content, Actor actor, CancellationToken ct)
    {
        var fileName = SafeName(file.FileName);
        if (fileName is null) { return (null, OpenDataProblems.Invalid.For(new Dictionary<string, string[]> { ["fileName"] = [Text.Of("open-data.publishing.file-name-shape")] })); }
        // Asked before the bytes come, and again with them: who may not need not send gigabytes first.
        if ((await FindAsync(dataset, file, actor, ct)).Problem is { } early) { return (null, early); }
        db.ChangeTracker.Clear();

        PutObject put;
        var bounded = new BoundedStream(content, options.Value.MaxBytes);
        try { put = await store.PutAsync(bounded, ct); }
        catch (FileTooLongException) { return (null, OpenDataProblems.FileTooLarge.Because($"{options.Value.MaxBytes}")); }

        var (found, problem) = await FindAsync(dataset, file, actor, ct);
        if (found is null) { return (null, problem); }
        var (own, version) = found;
        var now = clock.GetUtcNow();
        var format = FileFormat.Of(fileName);
        var replaced = file.Replaces is { } id ? version.Resources.Single(r => r.Id == id) : null;
        var added = new DatasetResource
        {
            Id = replaced?.Id ?? Guid.CreateVersion7(now),
            Name = Cut(string.IsNullOrWhiteSpace(file.Name) ? replaced?.Name ?? fileName : file.Name.Trim()),
            Description = replaced?.Description ?? "",
            Format = format.Name,
            FileName = fileName,
            MediaType = format.MediaType,
            Content = put.Digest,
            Bytes = put.Length,
        };
        version.Draft(version.Description, replaced is null ? [.. version.Resources, added] : [.. version.Resources.Select(r => r.Id == added.Id ? added : r)], version.ChangeNote);
        await VersionObjects.ReferAsync(db, version, now, ct);
        db.Ledger.Add(LedgerEntry.Of("open-data.file-added", own.Id, actor, now, after: new { version.Number, resource = added.Id, added.FileName, added.Bytes, sha256 = added.Content.Value }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return (null, OpenDataProblems.ChangedMeanwhile.Because(own.Title)); }
        return (added, null);
    }

    /// <summary>The last segment of a path as a name that any system, page and header can carry; null when nothing is left of it.</summary>
    internal static string? SafeName(string name)
    {
        var last = name[(name.AsSpan().LastIndexOfAny('/', '\\') + 1)..];
        var kept = new StringBuilder();
        foreach (var rune in last.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar || Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.LineSeparator
                or System.Globalization.UnicodeCategory.ParagraphSeparator or System.Globalization.UnicodeCategory.PrivateUse) { continue; }
            kept.Append(rune.Value is '"' or '<' or '>' or ':' or '|' or '?' or '*' ? new Rune('_') : rune);
        }

        var safe = kept.ToString().Trim().TrimStart('.').Trim();
        if (safe.Length > NameLength)
        {
            // The ending says the format: it stays.
            var ending = Path.GetExtension(safe) is { Length: <= 20 } short_ ? short_ : "";
            safe = Whole(safe[..(NameLength - ending.Length)]) + ending;
        }

        return safe.Length == 0 ? null : safe;
    }

    private async Task<(OpenVersion? Found, ProblemHttpResult? Problem)> FindAsync(Guid dataset, NewDatasetFile file, Actor actor, CancellationToken ct)
    {
        var (open, problem) = await OpenVersion.FindAsync(db, dataset, actor, ct);
        if (open is null) { return (null, problem); }
        if (open.Version.State != VersionState.Draft) { return (null, OpenDataProblems.WrongState.Because(open.Dataset.Title)); }
        if (file.Replaces is { } id) { return open.Version.Resources.Any(r => r.Id == id) ? (open, null) : (null, OpenDataProblems.ResourceNotFound.Because($"{id}")); }
        return open.Version.Resources.Count < Most ? (open, null) : (null, OpenDataProblems.TooManyFiles.Because($"{Most}"));
    }

    private static string Cut(string name) => name.Length <= NameLength ? name : Whole(name[..NameLength]);

    /// <summary>Without half of a pair at the end.</summary>
    private static string Whole(string text) => char.IsHighSurrogate(text[^1]) ? text[..^1] : text;
}

/// <summary>A file holds more bytes than it may.</summary>
internal sealed class FileTooLongException(long most) : IOException($"The file holds more than {most} bytes");

/// <summary>Breaks off behind so many bytes.</summary>
internal sealed class BoundedStream(Stream inner, long most) : Stream
{
    private long read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => read; set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken);
        read += count;
        return read > most ? throw new FileTooLongException(most) : count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read asynchronously");

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
