using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Objects;
using Zhengtong.OpenData.Import;

namespace Zhengtong.OpenData.TableFormats;

/// <summary>How much is kept of what was made from published tables; settings <c>OpenData:Downloads</c>.</summary>
internal sealed class DownloadOptions
{
    /// <summary>MiB of files that are kept so that a broken download goes on where it stopped; the least recently used go first. Default 4,096; 0 keeps none.</summary>
    public long KeptMiB { get; set; } = 4_096;
}

/// <summary>A file that was made from a published table, open to be read.</summary>
/// <param name="Content">Its bytes; whoever asked for it closes it.</param>
/// <param name="Digest">SHA-256 of them.</param>
internal sealed record KeptFile(FileStream Content, Digest Digest);

/// <summary>Files made from published tables, kept in this process's scratch folder within a bound. Tables never change, so a file is right for as long as it is there; what has gone is made again.</summary>
internal sealed class KeptFiles(TableScratch scratch, IOptions<DownloadOptions> options)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Entry> kept = [];
    private readonly long most = options.Value.KeptMiB * 1024 * 1024;
    private long bytes;
    private long turn;

    /// <summary>The file of that name, or null when it is not kept.</summary>
    internal KeptFile? Open(string name)
    {
        lock (gate)
        {
            if (!kept.TryGetValue(name, out var entry)) { return null; }
            entry.Turn = ++turn;
            return new KeptFile(Read(entry.Path), entry.Digest);
        }
    }

    /// <summary>Makes the file of that name and keeps it; a larger one than may be kept lives for as long as it is open.</summary>
    /// <param name="name">What tells it from all others.</param>
    /// <param name="make">Writes it to the path it is given.</param>
    /// <param name="ct">Stops it.</param>
    internal async Task<KeptFile> MakeAsync(string name, Func<string, CancellationToken, Task> make, CancellationToken ct)
    {
        var path = scratch.NewPath("made");
        try
        {
            await make(path, ct);
            Digest digest;
            long length;
            await using (var made = Read(path))
            {
                length = made.Length;
                digest = Digest.OfHash(await SHA256.HashDataAsync(made, ct));
            }

            var open = new KeptFile(Read(path), digest);
            Keep(name, path, length, digest);
            return open;
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>A stream that writes to the body and to a file that is kept under that name once everything was written: <see cref="KeepingStream.Keep"/>.</summary>
    internal KeepingStream Beside(string name, Stream body) => new(this, name, body, most > 0 ? scratch.NewPath("made") : null, most);

    /// <summary>Takes a finished file over.</summary>
    internal void Keep(string name, string path, long length, Digest digest)
    {
        lock (gate)
        {
            // Another made the same one meanwhile, or it is too large for all that may be kept. Who reads it reads on.
            if (length > most || !kept.TryAdd(name, new Entry(path, length, digest) { Turn = ++turn }))
            {
                File.Delete(path);
                return;
            }

            bytes += length;
            while (bytes > most)
            {
                var (oldest, entry) = kept.MinBy(k => k.Value.Turn);
                kept.Remove(oldest);
                bytes -= entry.Length;
                File.Delete(entry.Path);
            }
        }
    }

    private static FileStream Read(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);

    private sealed record Entry(string Path, long Length, Digest Digest)
    {
        internal long Turn { get; set; }
    }
}

/// <summary>Writes to a body and to a file beside it. Write-only, asynchronously.</summary>
internal sealed class KeepingStream : Stream
{
    private readonly KeptFiles files;
    private readonly string name;
    private readonly Stream body;
    private readonly long most;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly string? path;
    private FileStream? file;
    private long length;

    internal KeepingStream(KeptFiles files, string name, Stream body, string? path, long most)
    {
        (this.files, this.name, this.body, this.path, this.most) = (files, name, body, path, most);
        if (path is not null) { file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous); }
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => length;

    public override long Position { get => length; set => throw new NotSupportedException(); }

    /// <summary>Everything was written: the file may be kept.</summary>
    internal async Task Keep()
    {
        if (file is null) { return; }
        await file.DisposeAsync();
        file = null;
        files.Keep(name, path!, length, Digest.OfHash(hash.GetHashAndReset()));
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await body.WriteAsync(buffer, cancellationToken);
        length += buffer.Length;
        if (file is null) { return; }
        if (length > most)
        {
            await GiveUpAsync();
            return;
        }

        hash.AppendData(buffer.Span);
        try { await file.WriteAsync(buffer, cancellationToken); }
        // A full disk costs the file beside, not the answer.
        catch (IOException) { await GiveUpAsync(); }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => body.FlushAsync(cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await GiveUpAsync();
        hash.Dispose();
        GC.SuppressFinalize(this);
    }

    private async ValueTask GiveUpAsync()
    {
        if (file is null) { return; }
        try { await file.DisposeAsync(); }
        catch (IOException) { }
        file = null;
        File.Delete(path!);
    }
}
