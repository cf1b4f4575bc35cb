using System.Text;
using System.Text.Encodings.Web;

namespace Zhengtong.Kernel;

/// <summary>Escapes what RFC 8785 escapes and nothing more: quotation mark, backslash and control characters below U+0020, in their shortest form.
/// The encoders that come with .NET also escape rare Chinese characters, and which of them depends on .NET's version: signed bytes must not.</summary>
internal sealed class CanonicalEscapes : JavaScriptEncoder
{
    /// <inheritdoc/>
    public override int MaxOutputCharactersPerInputCharacter => 6;

    /// <inheritdoc/>
    public override bool WillEncode(int unicodeScalar) => unicodeScalar is < 0x20 or '"' or '\\';

    /// <inheritdoc/>
    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var characters = new ReadOnlySpan<char>(text, textLength);
        for (var i = 0; i < characters.Length; i++)
        {
            if (WillEncode(characters[i])) { return i; }
            if (!char.IsSurrogate(characters[i])) { continue; }
            // Halves of a pair are left to the caller, which replaces them.
            if (Rune.DecodeFromUtf16(characters[i..], out _, out var used) != System.Buffers.OperationStatus.Done) { return i; }
            i += used - 1;
        }

        return -1;
    }

    /// <inheritdoc/>
    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        var escape = unicodeScalar switch
        {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\b' => "\\b",
            '\t' => "\\t",
            '\n' => "\\n",
            '\f' => "\\f",
            '\r' => "\\r",
            < 0x20 => $"\\u{unicodeScalar:x4}",
            _ => char.ConvertFromUtf32(unicodeScalar),
        };
        numberOfCharactersWritten = escape.Length;
        if (escape.Length > bufferLength) { numberOfCharactersWritten = 0; return false; }
        escape.CopyTo(new Span<char>(buffer, bufferLength));
        return true;
    }
}
