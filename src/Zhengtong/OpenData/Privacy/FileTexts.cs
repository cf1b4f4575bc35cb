using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using Zhengtong.Kernel.Objects;

namespace Zhengtong.OpenData.Privacy;

/// <summary>The text of files that are no tables: plain text in UTF-8, UTF-16 or GB18030, and what packed documents (DOCX, XLSX, ODT, ZIP) hold of it. Constant memory.</summary>
/// <param name="objects">Where files lie.</param>
/// <param name="deployment">Where packed ones are spooled.</param>
/// <param name="clock">For names of spool files.</param>
internal sealed class FileTexts(ObjectStore objects, Deployment deployment, TimeProvider clock)
{
    private const int Block = 32 * 1024;
    private const int Overlap = 256;
    private static readonly string[] TextEntries = [".xml", ".txt", ".csv", ".tsv", ".json", ".html", ".htm", ".md", ".kml", ".geojson", ".jsonl"];

    /// <summary>Pieces of at most 32,768 characters that end at the end of a line where there is one; a null when part of the file was not read: it is longer than the bound, or no text.</summary>
    internal async IAsyncEnumerable<string?> ReadAsync(Digest content, long mostBytes, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var raw = await objects.OpenAsync(content, ct) ?? throw new FileNotFoundException($"Object {content} is not there");
        var head = new byte[Block];
        var read = await raw.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, ct);
        if (head.AsSpan(0, read).StartsWith("PK\u0003\u0004"u8))
        {
            var path = deployment.PathOf("open-data", "spool", $"{Guid.CreateVersion7(clock.GetUtcNow()):N}");
            await using var spool = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, Block, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
            await spool.WriteAsync(head.AsMemory(0, read), ct);
            await raw.CopyToAsync(spool, ct);
            spool.Position = 0;
            await foreach (var text in ReadPackedAsync(spool, mostBytes, ct)) { yield return text; }
            yield break;
        }

        if (EncodingOf(head.AsSpan(0, read)) is not { } encoding)
        {
            yield return null;
            yield break;
        }

        var whole = new Following(head.AsMemory(0, read), raw, mostBytes);
        await foreach (var text in PiecesAsync(whole, encoding, ct)) { yield return text; }
        if (whole.IsCut) { yield return null; }
    }

    private static async IAsyncEnumerable<string?> ReadPackedAsync(Stream spool, long mostBytes, [EnumeratorCancellation] CancellationToken ct)
    {
        ZipArchive archive;
        var isBroken = false;
        try { archive = new ZipArchive(spool, ZipArchiveMode.Read, leaveOpen: true); }
        catch (InvalidDataException) { archive = null!; isBroken = true; }
        if (isBroken)
        {
            yield return null;
            yield break;
        }

        using (archive)
        {
            var (left, isPartly) = (mostBytes, false);
            foreach (var entry in archive.Entries)
            {
                yield return entry.FullName;
                if (entry.Length == 0) { continue; }
                if (!TextEntries.Any(e => entry.FullName.EndsWith(e, StringComparison.OrdinalIgnoreCase)))
                {
                    isPartly |= !entry.FullName.EndsWith(".rels", StringComparison.OrdinalIgnoreCase);
                    continue;
                }

                await using var opened = await entry.OpenAsync(ct);
                var head = new byte[Block];
                var read = await opened.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, ct);
                if (left <= 0 || EncodingOf(head.AsSpan(0, read)) is not { } encoding) { isPartly = true; continue; }
                var whole = new Following(head.AsMemory(0, read), opened, left);
                var isMarkup = entry.FullName.EndsWith("ml", StringComparison.OrdinalIgnoreCase) || entry.FullName.EndsWith(".htm", StringComparison.OrdinalIgnoreCase);
                var tags = isMarkup ? new TagStripper() : null;
                await foreach (var text in PiecesAsync(whole, encoding, ct)) { yield return tags?.Strip(text) ?? text; }
                left -= whole.Taken;
                isPartly |= whole.IsCut;
            }

            if (isPartly) { yield return null; }
        }
    }

    private static async IAsyncEnumerable<string> PiecesAsync(Stream stream, Encoding encoding, [EnumeratorCancellation] CancellationToken ct)
    {
        using var reader = new StreamReader(stream, encoding, detectEncodingFromByteOrderMarks: true, Block, leaveOpen: true);
        var buffer = new char[Block];
        var kept = 0;
        while (true)
        {
            var read = await reader.ReadBlockAsync(buffer.AsMemory(kept), ct);
            var filled = kept + read;
            if (filled == 0) { yield break; }
            var isEnd = filled < buffer.Length;
            var cut = isEnd ? filled : buffer.AsSpan(0, filled).LastIndexOf('\n') + 1;
            if (cut == 0) { cut = filled; }
            yield return new string(buffer, 0, cut);
            if (isEnd) { yield break; }
            // A line longer than a block is cut anywhere: its end is read again with what follows.
            var from = cut == filled ? filled - Overlap : cut;
            kept = filled - from;
            buffer.AsSpan(from, kept).CopyTo(buffer);
        }
    }

    /// <summary>By its mark, else UTF-8 when the beginning is, else GB18030; null when it is no text.</summary>
    private static Encoding? EncodingOf(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE])) { return Encoding.Unicode; }
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])) { return Encoding.BigEndianUnicode; }
        if (head.Contains((byte)0) || head.StartsWith("%PDF-"u8)) { return null; }
        // The last character may be cut.
        for (var cut = 0; cut < 4 && cut <= head.Length; cut++)
        {
            if (System.Text.Unicode.Utf8.IsValid(head[..^cut])) { return Encoding.UTF8; }
        }

        return CodePagesEncodingProvider.Instance.GetEncoding(54936);
    }

    /// <summary>What was read already, then the rest, up to a bound.</summary>
    private sealed class Following(ReadOnlyMemory<byte> head, Stream rest, long most) : Stream
    {
        private ReadOnlyMemory<byte> head = head;

        internal long Taken { get; private set; }

        internal bool IsCut { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => Taken; set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Taken >= most)
            {
                IsCut = !head.IsEmpty || await rest.ReadAsync(new byte[1], cancellationToken) > 0;
                return 0;
            }

            var room = (int)Math.Min(buffer.Length, most - Taken);
            int read;
            if (head.IsEmpty) { read = await rest.ReadAsync(buffer[..room], cancellationToken); }
            else
            {
                read = Math.Min(room, head.Length);
                head[..read].CopyTo(buffer);
                head = head[read..];
            }

            Taken += read;
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
