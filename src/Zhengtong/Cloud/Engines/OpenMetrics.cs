using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;

namespace Zhengtong.Cloud.Engines;

/// <summary>Reads metrics in the text form of OpenMetrics and Prometheus, line by line, in constant memory.</summary>
internal static class OpenMetrics
{
    /// <summary>Called for each sample; it is good only during the call.</summary>
    internal delegate void EachSample(MetricSample sample);

    /// <summary>Reads all samples. Comments, and lines that are none, are passed over.</summary>
    /// <param name="text">The text, in UTF-8.</param>
    /// <param name="mostLine">Most bytes of a line.</param>
    /// <param name="most">Most bytes of it all.</param>
    /// <param name="each">Called for each sample.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="InvalidDataException">A line, or it all, is too long.</exception>
    internal static async Task ReadAsync(Stream text, int mostLine, long most, EachSample each, CancellationToken ct)
    {
        var pipe = PipeReader.Create(text, new StreamPipeReaderOptions(leaveOpen: true, bufferSize: 64 * 1024));
        var sum = 0L;
        try
        {
            while (true)
            {
                var read = await pipe.ReadAsync(ct);
                var rest = Take(read.Buffer, read.IsCompleted, each);
                sum += read.Buffer.Length - rest.Length;
                if (sum > most || rest.Length > mostLine) { throw new InvalidDataException("Metrics: too long"); }
                if (read.IsCompleted) { return; }
                pipe.AdvanceTo(rest.Start, rest.End);
            }
        }
        finally
        {
            await pipe.CompleteAsync();
        }
    }

    private static ReadOnlySequence<byte> Take(ReadOnlySequence<byte> bytes, bool isLast, EachSample each)
    {
        var reader = new SequenceReader<byte>(bytes);
        while (reader.TryReadTo(out ReadOnlySequence<byte> line, (byte)'\n')) { Tell(line, each); }
        if (!isLast || reader.UnreadSequence.IsEmpty) { return reader.UnreadSequence; }
        Tell(reader.UnreadSequence, each);
        return bytes.Slice(bytes.End);
    }

    private static void Tell(ReadOnlySequence<byte> line, EachSample each)
    {
        if (line.IsSingleSegment) { Tell(line.FirstSpan, each); }
        else { Tell(line.ToArray(), each); }
    }

    private static void Tell(ReadOnlySpan<byte> line, EachSample each)
    {
        line = line.TrimEnd((byte)'\r');
        if (line.IsEmpty || line[0] == '#') { return; }
        var nameEnd = line.IndexOfAny((byte)'{', (byte)' ');
        if (nameEnd <= 0) { return; }
        ReadOnlySpan<byte> labels = default;
        var rest = line[nameEnd..];
        if (rest[0] == '{')
        {
            if (EndOfLabels(rest) is not (> 0 and var end)) { return; }
            labels = rest[1..end];
            rest = rest[(end + 1)..];
        }

        rest = rest.TrimStart((byte)' ');
        if (Utf8Parser.TryParse(rest, out double value, out var used) && (used == rest.Length || rest[used] == ' ')) { each(new MetricSample(line[..nameEnd], labels, value)); }
    }

    /// <summary>Where the labels' bracket closes; brackets within quotes do not count.</summary>
    private static int EndOfLabels(ReadOnlySpan<byte> text)
    {
        var quoted = false;
        for (var i = 1; i < text.Length; i++)
        {
            switch (text[i])
            {
                case (byte)'\\' when quoted: i++; break;
                case (byte)'"': quoted = !quoted; break;
                case (byte)'}' when !quoted: return i;
            }
        }

        return -1;
    }
}

/// <summary>One sample.</summary>
internal readonly ref struct MetricSample(ReadOnlySpan<byte> name, ReadOnlySpan<byte> labels, double value)
{
    private readonly ReadOnlySpan<byte> labels = labels;

    /// <summary>The metric's name.</summary>
    internal ReadOnlySpan<byte> Name { get; } = name;

    /// <summary>Its value; may be no number, or endless.</summary>
    internal double Value { get; } = value;

    /// <summary>A label's value as it stands, escapes and all; empty when it has none of that name.</summary>
    internal ReadOnlySpan<byte> Label(ReadOnlySpan<byte> name)
    {
        var rest = labels;
        while (rest.IndexOf((byte)'=') is > 0 and var equals)
        {
            var key = rest[..equals].Trim((byte)' ');
            rest = rest[(equals + 1)..];
            if (rest.IsEmpty || rest[0] != '"') { break; }
            var end = 1;
            while (end < rest.Length && rest[end] != '"') { end += rest[end] == '\\' ? 2 : 1; }
            if (end >= rest.Length) { break; }
            if (key.SequenceEqual(name)) { return rest[1..end]; }
            rest = rest[(end + 1)..].TrimStart((byte)',');
        }

        return default;
    }
}
