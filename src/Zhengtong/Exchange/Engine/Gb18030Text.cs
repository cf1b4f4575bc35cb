using System.Text;
using Zhengtong.Agreements;

namespace Zhengtong.Exchange.Engine;

/// <summary>Makes UTF-8 of texts that a database keeps in GB18030 without knowing it.</summary>
internal sealed class Gb18030Text(AgreedItem item)
{
    private static readonly Encoding Gb18030 = CodePagesEncodingProvider.Instance.GetEncoding("gb18030", EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)!;
    private char[] characters = new char[256];
    private byte[] utf8 = new byte[768];

    /// <summary>Makes the text UTF-8, valid until the next one; false when it is not GB18030.</summary>
    /// <exception cref="ExchangeFault">A key, which the database would not find again by it, is not ASCII. The column is named, never the value.</exception>
    internal bool TryDecode(ref ReadOnlySpan<byte> text)
    {
        if (Ascii.IsValid(text)) { return true; }
        if (item.IsKey) { throw new ExchangeFault(ExchangeProblems.ValueDoesNotFit, [new Fault("", "exchange.fault.encoding-key", item.Column)]); }
        if (characters.Length < text.Length) { (characters, utf8) = (new char[text.Length * 2], new byte[text.Length * 6]); }
        try
        {
            var count = Gb18030.GetChars(text, characters);
            text = utf8.AsSpan(0, Encoding.UTF8.GetBytes(characters.AsSpan(0, count), utf8));
            return true;
        }
        catch (DecoderFallbackException) { return false; }
    }
}
