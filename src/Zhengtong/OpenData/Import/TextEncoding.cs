using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Zhengtong.OpenData.Import;

/// <summary>Finds out a text file's encoding by looking at all of it: a byte order mark, else strict UTF-8, else strict GB18030 (of which GBK and GB2312 are parts). Never a guess, never a replaced character.</summary>
internal static class TextEncoding
{
    private const int Block = 256 * 1024;
    private static readonly Encoding Gb18030 = CodePagesEncodingProvider.Instance.GetEncoding("gb18030", EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)!;

    /// <summary>The encoding of a file, and how many bytes its mark has.</summary>
    /// <exception cref="ImportFault"><c>encoding</c> with the offset of the first byte that fits none; <c>encoding-mixed</c> where a file in GB18030 has lines in UTF-8.</exception>
    internal static async Task<(Encoding Encoding, int Mark)> FindAsync(string path, CancellationToken ct)
    {
        await using var file = Open(path);
        var head = new byte[4];
        var length = await file.ReadAtLeastAsync(head, 4, throwOnEndOfStream: false, ct);
        var (marked, mark) = head.AsSpan(0, length) switch
        {
            [0xEF, 0xBB, 0xBF, ..] => (new UTF8Encoding(false, throwOnInvalidBytes: true), 3),
            [0xFF, 0xFE, 0, 0] => (new UTF32Encoding(false, false, throwOnInvalidCharacters: true), 4),
            [0, 0, 0xFE, 0xFF] => (new UTF32Encoding(true, false, throwOnInvalidCharacters: true), 4),
            [0xFF, 0xFE, ..] => (new UnicodeEncoding(false, false, throwOnInvalidBytes: true), 2),
            [0xFE, 0xFF, ..] => (new UnicodeEncoding(true, false, throwOnInvalidBytes: true), 2),
            [0x84, 0x31, 0x95, 0x33] => (Gb18030, 4),
            // Every second byte nothing: UTF-16 without its mark.
            [not 0, 0, not 0, 0] => (new UnicodeEncoding(false, false, throwOnInvalidBytes: true), 0),
            [0, not 0, 0, not 0] => ((Encoding)new UnicodeEncoding(true, false, throwOnInvalidBytes: true), 0),
            _ => (null, 0),
        };
        if (marked is not null)
        {
            if (await FirstBadAsync(file, marked, mark, ct) is { } bad) { throw new ImportFault("encoding", $"{marked.WebName}: {bad}"); }
            return (marked, mark);
        }

        if (await FirstNotUtf8Async(file, ct) is not { } notUtf8) { return (new UTF8Encoding(false, throwOnInvalidBytes: true), 0); }
        if (await FirstBadAsync(file, Gb18030, 0, ct) is { } notGb18030) { throw new ImportFault("encoding", $"utf-8: {notUtf8}; gb18030: {notGb18030}"); }
        if (await FirstUtf8LineAsync(file, ct) is { } line) { throw new ImportFault("encoding-mixed", $"utf-8: {line}; gb18030: {notUtf8}"); }
        return (Gb18030, 0);
    }

    internal static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);

    private static async Task<long?> FirstNotUtf8Async(FileStream file, CancellationToken ct)
    {
        var buffer = new byte[Block];
        file.Position = 0;
        var (kept, at) = (0, 0L);
        while (true)
        {
            var read = await file.ReadAtLeastAsync(buffer.AsMemory(kept), buffer.Length - kept, throwOnEndOfStream: false, ct);
            var isEnd = kept + read < buffer.Length;
            var block = buffer.AsMemory(0, kept + read);
            var whole = isEnd ? block.Length : Whole(block.Span);
            if (!Utf8.IsValid(block.Span[..whole])) { return at + FirstBad(block.Span); }
            if (isEnd) { return null; }
            at += whole;
            kept = block.Length - whole;
            block[whole..].CopyTo(buffer);
        }
    }

    /// <summary>How many bytes are before a character that goes on in the next block.</summary>
    private static int Whole(ReadOnlySpan<byte> block)
    {
        for (var back = 1; back <= Math.Min(3, block.Length); back++)
        {
            var b = block[^back];
            if ((b & 0xC0) == 0x80) { continue; }
            var needs = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : b >= 0xC0 ? 2 : 1;
            return needs > back ? block.Length - back : block.Length;
        }

        return block.Length;
    }

    private static int FirstBad(ReadOnlySpan<byte> block)
    {
        var at = 0;
        while (at < block.Length && Rune.DecodeFromUtf8(block[at..], out _, out var used) == OperationStatus.Done) { at += used; }
        return at;
    }

    private static async Task<long?> FirstBadAsync(FileStream file, Encoding encoding, int mark, CancellationToken ct)
    {
        var (buffer, characters) = (new byte[Block], new char[encoding.GetMaxCharCount(Block)]);
        var decoder = encoding.GetDecoder();
        file.Position = mark;
        long at = mark;
        while (true)
        {
            var read = await file.ReadAsync(buffer, ct);
            try { decoder.GetChars(buffer.AsSpan(0, read), characters, flush: read == 0); }
            catch (DecoderFallbackException e) { return Math.Max(0, at + e.Index); }
            if (read == 0) { return null; }
            at += read;
        }
    }

    /// <summary>Where a line begins that has four or more Chinese characters and is UTF-8: by chance GB18030 is never that.</summary>
    private static async Task<long?> FirstUtf8LineAsync(FileStream file, CancellationToken ct)
    {
        var buffer = new byte[Block];
        file.Position = 0;
        var (kept, at) = (0, 0L);
        while (true)
        {
            var read = await file.ReadAtLeastAsync(buffer.AsMemory(kept), buffer.Length - kept, throwOnEndOfStream: false, ct);
            var length = kept + read;
            var isEnd = length < buffer.Length;
            var begin = 0;
            while (begin < length)
            {
                var line = buffer.AsSpan(begin, length - begin);
                var end = line.IndexOf((byte)'\n');
                // A line longer than a block is looked at in parts.
                if (end < 0 && !isEnd && begin > 0) { break; }
                line = line[..(end < 0 ? line.Length : end + 1)];
                if (IsChineseUtf8(line)) { return at + begin; }
                begin += line.Length;
            }

            if (isEnd) { return null; }
            at += begin;
            kept = length - begin;
            buffer.AsSpan(begin, kept).CopyTo(buffer);
        }
    }

    private static bool IsChineseUtf8(ReadOnlySpan<byte> line)
    {
        if (!line.ContainsAnyInRange((byte)0xE3, (byte)0xE9) || !Utf8.IsValid(line)) { return false; }
        var chinese = 0;
        foreach (var b in line) { chinese += b is >= 0xE3 and <= 0xE9 ? 1 : 0; }
        return chinese >= 4;
    }
}
