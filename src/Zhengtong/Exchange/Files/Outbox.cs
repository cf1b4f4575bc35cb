using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Zhengtong.Kernel.Objects;

namespace Zhengtong.Exchange.Files;

/// <summary>How an upload out of an outbox stands.</summary>
/// <param name="Id">The file.</param>
/// <param name="Offset">Bytes that arrived.</param>
/// <param name="IsComplete">True when all have, or none ever will.</param>
/// <param name="IsRefused">True when malware was found before anything was sent.</param>
internal sealed record OutboxUpload(Guid Id, long Offset, bool IsComplete, bool IsRefused = false);

/// <summary>What an outbox asks of the platform; a node elsewhere asks the same over HTTP.</summary>
/// <param name="FindResourceAsync">The resource that a folder's name stands for, by id or by code with each slash as an underscore; null for none of the department's.</param>
/// <param name="BeginAsync">Begins an upload, or finds the one of the same origin; null when it is refused. It may read the bytes, from their beginning.</param>
/// <param name="AppendAsync">Sends the bytes from an offset to the end; null when they are refused.</param>
/// <param name="GiveUpAsync">Forgets an unfinished upload.</param>
internal sealed record OutboxCalls(
    Func<string, CancellationToken, Task<Guid?>> FindResourceAsync,
    Func<NewFile, Stream, CancellationToken, Task<OutboxUpload?>> BeginAsync,
    Func<Guid, long, Stream, CancellationToken, Task<OutboxUpload?>> AppendAsync,
    Func<Guid, CancellationToken, Task> GiveUpAsync)
{
    /// <summary>The resources by the names that their folders may have.</summary>
    internal static IReadOnlyDictionary<string, Guid> FoldersOf(IEnumerable<(Guid Id, string Code)> resources) =>
        resources.SelectMany(r => new[] { KeyValuePair.Create($"{r.Id:D}", r.Id), KeyValuePair.Create(r.Code.Replace('/', '_'), r.Id) }).DistinctBy(p => p.Key).ToDictionary();
}

/// <summary>A department's outbox 发件箱: <c>outbox/{resource}/{file}</c>. A file that stands still is taken in and moved to <c>sent/{resource}/</c>,
/// or to <c>refused/{resource}/</c> when malware was found in it before it left.</summary>
/// <remarks>An upload is known by its origin: resource, name, size and time of change. Killed at any line it goes on, for the platform knows the origin and how much arrived; and it is never taken in
/// twice, for a complete origin is only moved. It stays known as long as its content, so that the same file put back is not sent again.</remarks>
internal sealed class Outbox(TimeProvider clock)
{
    private const int Most = 1000;
    private readonly ConcurrentDictionary<string, (long Length, DateTime ChangedAt, DateTimeOffset Since)> seen = new();

    /// <summary>Looks once; how many files were taken in.</summary>
    /// <param name="root">The department's folder.</param>
    /// <param name="still">For how long a file must not have changed.</param>
    /// <param name="calls">The platform.</param>
    /// <param name="ct">Stops between two files; an upload under way goes on at the next look.</param>
    internal async Task<int> LookAsync(string root, TimeSpan still, OutboxCalls calls, CancellationToken ct)
    {
        var outbox = Path.Combine(root, "outbox");
        if (!FolderFile.IsFolder(outbox)) { return 0; }
        FolderFile.PutNamesRight(outbox);
        var count = 0;
        HashSet<string> here = [];
        foreach (var folder in Directory.EnumerateDirectories(outbox).Where(FolderFile.IsFolder).Order(StringComparer.Ordinal).Take(Most))
        {
            var name = Path.GetFileName(folder);
            if (await calls.FindResourceAsync(name, ct) is not { } resource) { continue; }
            FolderFile.PutNamesRight(folder);
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles().Where(IsMeant).OrderBy(f => f.LastWriteTimeUtc).Take(Most))
            {
                here.Add(file.FullName);
                if (!IsStill(file, still)) { continue; }
                ct.ThrowIfCancellationRequested();
                if (await TakeAsync(root, name, resource, file, calls, ct)) { count++; }
            }
        }

        foreach (var gone in seen.Keys.Where(k => k.StartsWith(outbox, StringComparison.Ordinal) && !here.Contains(k))) { seen.TryRemove(gone, out _); }
        return count;
    }

    /// <summary>Hidden files are half-written ones of other programs. An empty one stands for nothing, and a pipe looks like one.</summary>
    private static bool IsMeant(FileInfo file) => file is { LinkTarget: null, Length: > 0 } && !file.Name.StartsWith('.') && !file.Attributes.HasFlag(FileAttributes.ReparsePoint);

    private bool IsStill(FileInfo file, TimeSpan still)
    {
        var now = clock.GetUtcNow();
        var state = (file.Length, file.LastWriteTimeUtc);
        var before = seen.AddOrUpdate(file.FullName, (state.Length, state.LastWriteTimeUtc, now), (_, old) => (old.Length, old.ChangedAt) == state ? old : (state.Length, state.LastWriteTimeUtc, now));
        return now - before.Since >= still;
    }

    private static async Task<bool> TakeAsync(string root, string folder, Guid resource, FileInfo file, OutboxCalls calls, CancellationToken ct)
    {
        var below = Path.Combine("outbox", folder, file.Name);
        await using var bytes = FolderFile.OpenRead(root, below);
        if (bytes is null) { return false; }
        var (length, changedAt) = (bytes.Length, File.GetLastWriteTimeUtc(bytes.SafeFileHandle));
        var origin = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{resource:D}/{length}/{changedAt.Ticks}/{file.Name}")));
        var asked = new NewFile(resource, FolderFile.Tidy(file.Name), "", length, Origin: origin);
        OutboxUpload? upload;
        try { upload = await calls.BeginAsync(asked, new Unchanged(bytes, length, changedAt), ct); }
        // Read again when it stands still.
        catch (SourceChangedException) { return false; }
        if (upload is null) { return false; }
        if (!upload.IsComplete)
        {
            bytes.Position = upload.Offset;
            try
            {
                if (await calls.AppendAsync(upload.Id, upload.Offset, new Unchanged(bytes, length, changedAt), ct) is not { IsComplete: true }) { return false; }
            }
            catch (SourceChangedException)
            {
                await calls.GiveUpAsync(upload.Id, ct);
                return false;
            }
        }

        Move(root, upload.IsRefused ? "refused" : "sent", folder, below, file.Name);
        return true;
    }

    private static void Move(string root, string where, string folder, string below, string name)
    {
        var sent = Path.Combine(root, where, folder);
        if (!FolderFile.IsFolder(Directory.CreateDirectory(Path.Combine(root, where)).FullName) || !FolderFile.IsFolder(Directory.CreateDirectory(sent).FullName)) { return; }
        var target = Path.Combine(sent, name);
        for (var n = 2; Path.Exists(target); n++) { target = Path.Combine(sent, $"{Path.GetFileNameWithoutExtension(name)} ({n}){Path.GetExtension(name)}"); }
        File.Move(Path.Combine(root, below), target, overwrite: false);
        Durable.SyncFolder(sent);
        Durable.SyncFolder(Path.Combine(root, "outbox", folder));
    }

    /// <summary>Reads a file to its end and then makes sure that it is still the one whose reading began.</summary>
    private sealed class Unchanged(FileStream file, long length, DateTime changedAt) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get => file.Position; set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await file.ReadAsync(buffer, cancellationToken);
            return read > 0 || (file.Position == length && file.Length == length && File.GetLastWriteTimeUtc(file.SafeFileHandle) == changedAt) ? read : throw new SourceChangedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read asynchronously");

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

/// <summary>A file changed while it was being taken in. Not an <see cref="IOException"/>: what was read must not be kept as if the line had been cut.</summary>
internal sealed class SourceChangedException : Exception;
