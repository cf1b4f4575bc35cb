using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace Zhengtong.Cloud.Sites;

/// <summary>What is in an archive that was packed anew.</summary>
/// <param name="Files">How many files.</param>
/// <param name="Bytes">How many bytes in them.</param>
/// <param name="Fault">Last word of the text key <c>cloud.site.archive.…</c> of what is wrong with it; null when nothing is.</param>
/// <param name="Where">The entry that it is about, at most 100 characters; null when it is about the whole.</param>
internal readonly record struct SiteContent(int Files, long Bytes, string? Fault = null, string? Where = null);

/// <summary>Packs the zip of strangers anew into a tar of our own: only plain files and folders, of names that lead nowhere else, of bounded number and size as they really are when unpacked. What goes into an
/// instance is never the stranger's archive.</summary>
internal static class SiteArchive
{
    /// <summary>Most bytes of a zip.</summary>
    internal const int MostZipBytes = 32 * 1024 * 1024;

    /// <summary>Most bytes in all its files together, unpacked.</summary>
    internal const long MostBytes = 128L * 1024 * 1024;

    /// <summary>Most files and folders.</summary>
    internal const int MostEntries = 5000;

    /// <summary>Most bytes of a path in UTF-8, and of each of its parts.</summary>
    internal const int LongestPath = 400;
    internal const int LongestPart = 200;

    /// <summary>What a site begins with, at its top.</summary>
    internal const string Index = "index.html";

    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode FolderMode = FileMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Reads a zip to its end and writes the tar. With a fault, what was written is of no use.</summary>
    /// <param name="zip">Can be searched.</param>
    /// <param name="tar">Can be searched, so that sizes are written once they are known.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<SiteContent> RepackAsync(Stream zip, Stream tar, CancellationToken ct)
    {
        try
        {
            using var archive = new ZipArchive(zip, ZipArchiveMode.Read, leaveOpen: true);
            if (archive.Entries.Count > MostEntries) { return new SiteContent(0, 0, "many"); }
            var (files, folders, rest) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal), MostBytes);
            await using var writer = new TarWriter(tar, TarEntryFormat.Gnu, leaveOpen: true);
            foreach (var entry in archive.Entries)
            {
                if (FaultOf(entry) is { } fault) { return new SiteContent(0, 0, fault, Short(entry.FullName)); }
                var path = entry.FullName.TrimEnd('/');
                var parts = path.Split('/');
                for (var depth = 1; depth < parts.Length + (IsFolder(entry) ? 1 : 0); depth++)
                {
                    var folder = string.Join('/', parts[..depth]);
                    // A file cannot be a folder too: unpacking would fail half-way.
                    if (files.Contains(folder)) { return new SiteContent(0, 0, "twice", Short(entry.FullName)); }
                    if (!folders.Add(folder)) { continue; }
                    if (files.Count + folders.Count > MostEntries) { return new SiteContent(0, 0, "many"); }
                    await writer.WriteEntryAsync(new GnuTarEntry(TarEntryType.Directory, folder + "/") { Mode = FolderMode, ModificationTime = TimeOf(entry) }, ct);
                }

                if (IsFolder(entry)) { continue; }
                if (folders.Contains(path) || !files.Add(path)) { return new SiteContent(0, 0, "twice", Short(entry.FullName)); }
                if (files.Count + folders.Count > MostEntries) { return new SiteContent(0, 0, "many"); }
                await using var content = new Counted(await entry.OpenAsync(ct), rest);
                await writer.WriteEntryAsync(new GnuTarEntry(TarEntryType.RegularFile, path) { Mode = FileMode, ModificationTime = TimeOf(entry), DataStream = content }, ct);
                rest = content.Rest;
            }

            return files.Contains(Index) ? new SiteContent(files.Count, MostBytes - rest) : new SiteContent(0, 0, "index");
        }
        catch (TooLargeException) { return new SiteContent(0, 0, "large"); }
        // Its own data, or what the reader makes of them.
        catch (Exception e) when (e is InvalidDataException or NotSupportedException or ArgumentException or EndOfStreamException) { return new SiteContent(0, 0, "unreadable"); }
    }

    /// <summary>The tar of a site to which nothing was uploaded yet: one page.</summary>
    internal static byte[] OfPage(string html)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Gnu, leaveOpen: true))
        {
            using var content = new MemoryStream(Encoding.UTF8.GetBytes(html));
            writer.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, Index) { Mode = FileMode, ModificationTime = DateTimeOffset.UnixEpoch, DataStream = content });
        }

        return tar.ToArray();
    }

    private static bool IsFolder(ZipArchiveEntry entry) => entry.FullName.EndsWith('/');

    private static string? FaultOf(ZipArchiveEntry entry)
    {
        var path = entry.FullName;
        // Unix keeps the kind of a file in the upper half; 0 is written by systems that know no kinds.
        var kind = (entry.ExternalAttributes >> 16) & 0xF000;
        if (kind is not (0 or 0x8000 or 0x4000) || (kind == 0x4000) != IsFolder(entry) && kind != 0) { return "kind"; }
        if (entry.IsEncrypted) { return "encrypted"; }
        if (path.Length == 0 || Encoding.UTF8.GetByteCount(path) > LongestPath || path.Contains('\\') || path.Contains('\uFFFD') || path.Any(char.IsControl) || path.Any(char.IsSurrogate) && !IsWhole(path)) { return "path"; }
        var parts = (IsFolder(entry) ? path[..^1] : path).Split('/');
        return Array.Exists(parts, p => p is "" or "." or ".." || Encoding.UTF8.GetByteCount(p) > LongestPart) ? "path" : null;
    }

    private static bool IsWhole(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) { continue; }
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) { return false; }
            i++;
        }

        return true;
    }

    /// <summary>Zip has no zones; what matters is that a changed file is newer.</summary>
    private static DateTimeOffset TimeOf(ZipArchiveEntry entry) => entry.LastWriteTime < DateTimeOffset.UnixEpoch ? DateTimeOffset.UnixEpoch : entry.LastWriteTime;

    private static string Short(string path) => new([.. path.Take(100).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)]);

    private sealed class TooLargeException : IOException;

    /// <summary>Counts what really comes out: what an archive says of its sizes is its own word.</summary>
    private sealed class Counted(Stream inner, long rest) : Stream
    {
        internal long Rest { get; private set; } = rest;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Account(inner.Read(buffer, offset, count));

        public override int Read(Span<byte> buffer) => Account(inner.Read(buffer));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => Account(await inner.ReadAsync(buffer, cancellationToken));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) { inner.Dispose(); }
            base.Dispose(disposing);
        }

        private int Account(int read)
        {
            Rest -= read;
            return Rest < 0 ? throw new TooLargeException() : read;
        }
    }
}
