using System.Globalization;
using System.Net;
using System.Text;

namespace Zhengtong.Kernel.Mail;

/// <summary>What a part of a letter is.</summary>
internal enum LetterPartKind
{
    /// <summary>A paragraph.</summary>
    Paragraph,
    /// <summary>A heading.</summary>
    Heading,
    /// <summary>A line of a list.</summary>
    Item,
    /// <summary>A link on a line of its own; in plain text its address stands below its words.</summary>
    Link,
}

/// <summary>A part of a letter.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Words">Plain text; may have line ends.</param>
/// <param name="Href">The address of a link; null for others.</param>
internal sealed record LetterPart(LetterPartKind Kind, string Words, string? Href = null);

/// <summary>A letter in one language, before it has an address: the same words as plain text and as simple HTML. Whatever was typed by people is only ever text in it.</summary>
/// <param name="Subject">One line; line ends and control characters become spaces, at most 200 characters are kept.</param>
/// <param name="Parts">What it says, in order.</param>
internal sealed record Letter(string Subject, IReadOnlyList<LetterPart> Parts)
{
    internal static LetterPart Paragraph(string words) => new(LetterPartKind.Paragraph, words);

    internal static LetterPart Heading(string words) => new(LetterPartKind.Heading, words);

    internal static LetterPart Item(string words) => new(LetterPartKind.Item, words);

    internal static LetterPart Link(string words, string href) => new(LetterPartKind.Link, words, href);

    /// <summary>The subject as it may stand in a header.</summary>
    internal string SubjectLine()
    {
        var line = new string([.. Subject.Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c)]).Trim();
        return line.Length <= 200 ? line : line[..(char.IsHighSurrogate(line[198]) ? 198 : 199)] + "…";
    }

    /// <summary>The letter as plain text.</summary>
    internal string ToText()
    {
        var text = new StringBuilder();
        LetterPartKind? before = null;
        foreach (var part in Parts)
        {
            if (before is not null && !(before == LetterPartKind.Item && part.Kind == LetterPartKind.Item)) { text.Append('\n'); }
            text.Append(part.Kind == LetterPartKind.Item ? "- " : "").Append(part.Words.ReplaceLineEndings("\n")).Append('\n');
            if (part.Href is not null) { text.Append(part.Href).Append('\n'); }
            before = part.Kind;
        }

        return text.ToString();
    }

    /// <summary>The letter as HTML without styles, pictures or script.</summary>
    internal string ToHtml(string language)
    {
        var html = new StringBuilder().Append(CultureInfo.InvariantCulture, $"<!DOCTYPE html><html lang=\"{language}\"><head><meta charset=\"utf-8\"><title>{WebUtility.HtmlEncode(SubjectLine())}</title></head><body>\n");
        var inList = false;
        foreach (var part in Parts)
        {
            if (inList != (part.Kind == LetterPartKind.Item))
            {
                html.Append(inList ? "</ul>\n" : "<ul>\n");
                inList = !inList;
            }

            var words = WebUtility.HtmlEncode(part.Words).ReplaceLineEndings("<br>");
            html.Append(part.Kind switch
            {
                LetterPartKind.Heading => $"<h2>{words}</h2>\n",
                LetterPartKind.Item => $"<li>{words}</li>\n",
                LetterPartKind.Link => $"<p><a href=\"{WebUtility.HtmlEncode(part.Href)}\">{words}</a></p>\n",
                _ => $"<p>{words}</p>\n",
            });
        }

        return html.Append(inList ? "</ul>\n" : "").Append("</body></html>\n").ToString();
    }
}
