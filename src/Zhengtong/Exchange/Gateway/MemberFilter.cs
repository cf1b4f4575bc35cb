using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Zhengtong.Exchange.Gateway;

/// <summary>Lets the agreed members of a JSON text through, piece by piece as it comes: what stays is spelt as the provider spelt it, white space apart; what is agreed masked is masked.
/// Elements of arrays need no name. A value that stands where the agreement expects an object's members is left out, and so is one that its mask does not suit.</summary>
internal sealed class MemberFilter(MemberTree agreed)
{
    private const int Deepest = 128;
    private readonly Stack<Frame> open = new();
    private JsonReaderState state = new(new JsonReaderOptions { MaxDepth = Deepest });
    private byte[] name = [];
    private MemberTree? below;
    private int leftOut = -1;
    private ArrayBufferWriter<byte>? masked;
    private Utf8JsonWriter? writer;

    /// <summary>Reads on.</summary>
    /// <param name="input">What has come and was not consumed.</param>
    /// <param name="isLast">True when nothing follows.</param>
    /// <param name="output">Takes what is let through.</param>
    /// <returns>How many bytes were consumed; the rest is to be given again with what follows.</returns>
    /// <exception cref="JsonException">Not JSON (RFC 8259), deeper than 128 levels, or a kept text that is no UTF-8.</exception>
    internal int Read(ReadOnlySpan<byte> input, bool isLast, IBufferWriter<byte> output)
    {
        var reader = new Utf8JsonReader(input, isLast, state);
        while (reader.Read()) { Take(ref reader, output); }
        state = reader.CurrentState;
        return (int)reader.BytesConsumed;
    }

    private void Take(ref Utf8JsonReader reader, IBufferWriter<byte> output)
    {
        if (leftOut >= 0)
        {
            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray && reader.CurrentDepth == leftOut) { leftOut = -1; }
            return;
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                below = open.Peek().Tree.Find(ref reader);
                if (below is not null) { name = Quoted(ref reader); }
                break;
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                open.Pop();
                output.Write(reader.TokenType == JsonTokenType.EndObject ? "}"u8 : "]"u8);
                break;
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                Open(ref reader, output);
                break;
            default:
                TakeValue(ref reader, output);
                break;
        }
    }

    private void Open(ref Utf8JsonReader reader, IBufferWriter<byte> output)
    {
        if (Expected() is not { } tree)
        {
            leftOut = reader.CurrentDepth;
            return;
        }

        var isArray = reader.TokenType == JsonTokenType.StartArray;
        WritePlace(output);
        output.Write(isArray ? "["u8 : "{"u8);
        open.Push(new Frame(tree, isArray));
    }

    private void TakeValue(ref Utf8JsonReader reader, IBufferWriter<byte> output)
    {
        var tree = Expected();
        if (tree is { IsLeaf: true } || (tree is { Mask: not null } && reader.TokenType == JsonTokenType.Null))
        {
            WritePlace(output);
            WriteValue(ref reader, output);
        }
        else if (tree is { Mask: { } mask }) { TakeMasked(ref reader, mask, output); }
        else if (open.Count == 0) { output.Write("null"u8); }
    }

    private void TakeMasked(ref Utf8JsonReader reader, MemberMask mask, IBufferWriter<byte> output)
    {
        masked ??= new ArrayBufferWriter<byte>();
        masked.ResetWrittenCount();
        if (!mask.TryMask(ref reader, masked, out var isNumber)) { return; }
        WritePlace(output);
        if (isNumber)
        {
            output.Write(masked.WrittenSpan);
            return;
        }

        // What is masked was unescaped for it, so it is escaped anew.
        if (writer is null) { writer = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }); } else { writer.Reset(output); }
        writer.WriteStringValue(masked.WrittenSpan);
        writer.Flush();
    }

    /// <summary>What is agreed of the value that begins here.</summary>
    private MemberTree? Expected() => !open.TryPeek(out var frame) ? agreed : frame.IsArray ? frame.Tree : below;

    /// <summary>The comma and the name before a value.</summary>
    private void WritePlace(IBufferWriter<byte> output)
    {
        if (!open.TryPeek(out var frame)) { return; }
        if (frame.HasMembers) { output.Write(","u8); }
        frame.HasMembers = true;
        if (frame.IsArray) { return; }
        output.Write(name);
        output.Write(":"u8);
    }

    private static void WriteValue(ref Utf8JsonReader reader, IBufferWriter<byte> output) =>
        output.Write(reader.TokenType == JsonTokenType.String ? Quoted(ref reader) : reader.ValueSpan);

    /// <summary>A text as the provider spelt it, escapes and all.</summary>
    private static byte[] Quoted(ref Utf8JsonReader reader)
    {
        if (!Utf8.IsValid(reader.ValueSpan)) { throw new JsonException("A text is no UTF-8"); }
        var quoted = new byte[reader.ValueSpan.Length + 2];
        quoted[0] = quoted[^1] = (byte)'"';
        reader.ValueSpan.CopyTo(quoted.AsSpan(1));
        return quoted;
    }

    private sealed record Frame(MemberTree Tree, bool IsArray)
    {
        internal bool HasMembers { get; set; }
    }
}
