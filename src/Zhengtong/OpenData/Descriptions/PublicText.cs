using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Zhengtong.Kernel;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>Texts that publishers wrote, made fit for documents that machines read.</summary>
internal static class PublicText
{
    /// <summary>Leaves scripts readable and escapes what would end a script block: <c>&lt;</c>, <c>&gt;</c>, <c>&amp;</c>, quotes.</summary>
    internal static readonly JavaScriptEncoder Json = JavaScriptEncoder.Create(UnicodeRanges.All);

    /// <summary>For writers of JSON documents.</summary>
    internal static readonly JsonWriterOptions JsonOptions = new() { Encoder = Json };

    /// <summary>The text without what XML cannot hold: control characters other than tab and line ends, halves of surrogate pairs and U+FFFE and U+FFFF become U+FFFD, in every syntax alike.</summary>
    internal static string Clean(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\0', '\u001f') && !text.AsSpan().ContainsAnyInRange('\ud800', '\udfff') && !text.AsSpan().ContainsAnyInRange('\ufffe', '\uffff') && !text.AsSpan().ContainsAnyInRange('\u007f', '\u009f'))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            clean.Append((Rune.IsControl(rune) && rune.Value is not ('\t' or '\n' or '\r')) || rune.Value is 0xfffe or 0xffff ? "\ufffd" : rune.ToString());
        }

        return clean.ToString();
    }

    /// <summary>An address in which nothing stands that an IRI may not hold; such characters are percent-encoded.</summary>
    internal static string Iri(string iri)
    {
        if (!iri.AsSpan().ContainsAny("<>\"{}|\\^` ") && !iri.AsSpan().ContainsAnyInRange('\0', '\u001f') && !iri.AsSpan().ContainsAnyExceptInRange('\0', '\u007e')) { return iri; }
        var safe = new StringBuilder(iri.Length);
        foreach (var rune in iri.EnumerateRunes())
        {
            safe.Append(rune.Value is > 0x20 and < 0x7f && !"<>\"{}|\\^`".Contains((char)rune.Value, StringComparison.Ordinal) ? rune.ToString() : Uri.EscapeDataString(rune.ToString()));
        }

        return safe.ToString();
    }

    /// <summary>The language of a text as its script tells it: <c>zh</c> with Chinese characters, <c>en</c> with Latin letters only, <c>und</c> otherwise.</summary>
    internal static string LanguageOf(string text)
    {
        var (latin, other) = (false, false);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is (>= 0x3400 and <= 0x9fff) or (>= 0xf900 and <= 0xfaff) or (>= 0x20000 and <= 0x3ffff)) { return "zh"; }
            if (rune.Value < 0x250) { latin |= Rune.IsLetter(rune); } else { other |= Rune.IsLetter(rune); }
        }

        return other ? "und" : latin ? "en" : "zh";
    }

    /// <summary>The text, cut behind so many UTF-16 units, never inside a character.</summary>
    internal static string Cut(string text, int longest) => text.Length <= longest ? text : text[..(char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest)];

    /// <summary>A moment in UTC: <c>2026-11-27T02:04:34Z</c>.</summary>
    internal static string Moment(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A day: <c>2026-11-27</c>.</summary>
    internal static string? Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>A period, <c>start/end</c>, its open end as two points; null when neither end is said.</summary>
    internal static string? Period(DateOnly? from, DateOnly? to) => from is null && to is null ? null : $"{Day(from) ?? ".."}/{Day(to) ?? ".."}";

    /// <summary>A whole number.</summary>
    internal static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The address of a mail box, or null: everything but letters, digits and a few marks is percent-encoded.</summary>
    internal static string? Mail(string? mail) => mail?.Split('@') is [{ Length: > 0 } box, { Length: > 0 } host] ? $"mailto:{Uri.EscapeDataString(box)}@{Uri.EscapeDataString(host)}" : null;

    /// <summary>The address of a telephone: digits, plus, hyphen; null without a digit.</summary>
    internal static string? Phone(string? phone)
    {
        var kept = string.Concat((phone ?? "").Where(c => char.IsAsciiDigit(c) || c is '+' or '-'));
        return kept.Any(char.IsAsciiDigit) ? $"tel:{kept}" : null;
    }

    /// <summary>Writes a text property; nothing for null or empty.</summary>
    internal static void Text(this Utf8JsonWriter json, string name, string? text)
    {
        if (!string.IsNullOrEmpty(text)) { json.WriteString(name, Clean(text)); }
    }
}

/// <summary>The platform's own sentences in both languages at once, for documents that carry both.</summary>
internal static class Bilingual
{
    private static readonly ConcurrentDictionary<string, (string Chinese, string English)> Known = new(StringComparer.Ordinal);

    /// <summary>The sentence of that key.</summary>
    internal static (string Chinese, string English) Of(string key) => Known.GetOrAdd(key, k => (In("zh-CN", k), In("en", k)));

    private static string In(string culture, string key)
    {
        var before = CultureInfo.CurrentUICulture;
        try
        {
            CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(culture);
            return Text.Of(key);
        }
        finally { CultureInfo.CurrentUICulture = before; }
    }
}
