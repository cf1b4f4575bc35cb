using System.Globalization;
using System.Text;

namespace Zhengtong.Kernel.Search;

/// <summary>What a text must hold to be found.</summary>
/// <param name="Text">Letters, digits and their marks, nothing else: never a quote, a space or an operator of any query language.</param>
/// <param name="IsPrefix">True when a term that begins with it is enough.</param>
internal readonly record struct Term(string Text, bool IsPrefix);

/// <summary>Cuts text into terms, for an index and for a query the same way. Chinese is written without spaces, so each run of its characters becomes
/// overlapping pairs: 西安市 becomes 西安, 安市 and, so that a single character is found wherever it stands, 市. Letters and digits of other scripts become
/// lower-case words, found by their beginning unless the query goes on behind them: 第17号 is not 第170号. Full width counts as half width (NFKC); what is neither letter nor digit separates.</summary>
internal static class Bigrams
{
    /// <summary>Characters of a text that are read; what stands behind them is not found.</summary>
    internal const int MostCharacters = 100_000;

    /// <summary>Different terms of a text that are kept, so that no text makes the index row larger than both databases take.</summary>
    internal const int MostTerms = 16_384;

    /// <summary>UTF-16 units of a word that count; two words that differ only behind them are the same.</summary>
    internal const int LongestWord = 64;

    private enum Kind
    {
        /// <summary>Separates.</summary>
        Gap,
        /// <summary>Written without spaces: Chinese, Japanese, Korean, Yi.</summary>
        Character,
        /// <summary>Part of a word.</summary>
        Letter,
        /// <summary>Neither separates nor counts: a zero-width space, a variation selector.</summary>
        Nothing,
    }

    /// <summary>The terms that a text is found by, each once, with a space between; empty for a text without letters and digits.</summary>
    internal static string ToIndex(string text) => string.Join(' ', RunsOf(text).SelectMany(run => run.Kind == Kind.Letter ? [run.Text] : Pairs(run.Text, withLast: true)).Distinct().Take(MostTerms));

    /// <summary>The terms of which a text must hold every one, each once.</summary>
    internal static IReadOnlyList<Term> ToFind(string text) =>
        [.. RunsOf(text).SelectMany(Sought).Distinct().Take(MostTerms)];

    /// <summary>The text in lower case and half width, for comparing names.</summary>
    internal static string Fold(string text)
    {
        var valid = new StringBuilder(Math.Min(text.Length, MostCharacters));
        // Half of a pair becomes U+FFFD here: neither it nor U+FFFE could be normalised, and no database compares a NUL.
        foreach (var rune in text.AsSpan(0, Math.Min(text.Length, MostCharacters)).EnumerateRunes()) { valid.Append(rune.Value == 0xFFFE || Rune.IsControl(rune) ? " " : rune.ToString()); }
        return valid.ToString().Normalize(NormalizationForm.FormKC).ToLowerInvariant();
    }

    /// <summary>Letters and characters by turns; a run is open when a gap follows, or the end: what was typed may go on there.</summary>
    private static IEnumerable<(Kind Kind, string Text, bool IsOpen)> RunsOf(string text)
    {
        var run = new StringBuilder();
        var kind = Kind.Gap;
        foreach (var rune in Fold(text).EnumerateRunes())
        {
            var next = KindOf(rune, kind);
            if (next == Kind.Nothing) { continue; }
            if (next != kind && run.Length > 0)
            {
                yield return (kind, run.ToString(), next == Kind.Gap);
                run.Clear();
            }

            kind = next;
            if (kind == Kind.Character || (kind == Kind.Letter && run.Length < LongestWord)) { run.Append(rune.ToString()); }
        }

        if (run.Length > 0) { yield return (kind, run.ToString(), true); }
    }

    private static IEnumerable<string> Pairs(string run, bool withLast)
    {
        var before = "";
        foreach (var rune in run.EnumerateRunes())
        {
            var character = rune.ToString();
            if (before.Length > 0) { yield return before + character; }
            before = character;
        }

        if (withLast) { yield return before; }
    }

    private static IEnumerable<Term> Sought((Kind Kind, string Text, bool IsOpen) run)
    {
        var pairs = run.Kind == Kind.Letter ? [] : Pairs(run.Text, withLast: false).ToList();
        return pairs.Count == 0 ? [new Term(run.Text, run.IsOpen)] : pairs.Select(pair => new Term(pair, false));
    }

    private static Kind KindOf(Rune rune, Kind before) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Format => Kind.Nothing,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => before == Kind.Letter ? Kind.Letter : Kind.Nothing,
        UnicodeCategory.LetterNumber => Kind.Character,
        _ when rune.Value is >= 0x20000 and <= 0x3FFFF => Kind.Character,
        _ when !Rune.IsLetterOrDigit(rune) => Kind.Gap,
        _ => rune.Value is >= 0x3005 and <= 0x3006 or >= 0x3031 and <= 0x31FF or >= 0x3400 and <= 0x4DBF or >= 0x4E00 and <= 0xA4CF or >= 0xAC00 and <= 0xD7A3 or >= 0xF900 and <= 0xFAFF
            ? Kind.Character : Kind.Letter,
    };
}
