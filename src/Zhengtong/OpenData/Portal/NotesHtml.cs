using System.Text;
using Markdig;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using Microsoft.AspNetCore.Components;

namespace Zhengtong.OpenData.Portal;

/// <summary>What a publisher wrote in Markdown, as a page may show it: no raw HTML, no pictures from elsewhere, links to web, mail and this site only, headings below those of the page.</summary>
internal static class NotesHtml
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().DisableHtml().UsePipeTables().UseAutoLinks().Build();

    /// <summary>The notes as markup.</summary>
    /// <param name="markdown">As the publisher wrote it.</param>
    /// <param name="below">Level of the heading they stand under, 1 to 5.</param>
    internal static MarkupString Of(string markdown, int below)
    {
        var document = Markdown.Parse(markdown, Pipeline);
        var level = below;
        foreach (var heading in document.Descendants<HeadingBlock>()) { heading.Level = level = Math.Clamp(heading.Level + below, below + 1, Math.Min(6, level + 1)); }
        foreach (var link in document.Descendants<LinkInline>().ToList())
        {
            link.IsImage = false;
            if (!IsSafe(link.Url)) { link.Url = null; link.ReplaceBy(new LiteralInline(TextOf(link)), copyChildren: false); continue; }
            link.GetAttributes().AddProperty("rel", "nofollow noopener");
            if (link.FirstChild is null) { link.AppendChild(new LiteralInline(link.Url!)); }
        }

        foreach (var link in document.Descendants<AutolinkInline>().ToList())
        {
            if (!link.IsEmail && !IsSafe(link.Url)) { link.ReplaceBy(new LiteralInline(link.Url), copyChildren: false); }
        }

        return new MarkupString(document.ToHtml(Pipeline));
    }

    /// <summary>The words of the notes without marks, cut behind so many characters.</summary>
    internal static string Plain(string markdown, int longest)
    {
        // A few times the length is enough for the marks between the words.
        var text = Markdown.ToPlainText(markdown.Length > longest * 6 ? markdown[..(longest * 6)] : markdown, Pipeline).ReplaceLineEndings(" ").Trim();
        return text.Length <= longest ? text : $"{text[..(char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest)].TrimEnd()}…";
    }

    private static bool IsSafe(string? url) => url is not null && !url.Any(char.IsControl)
        && (url is ['/', not ('/' or '\\'), ..] or ['#', ..] || (Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https" or "mailto")));

    private static string TextOf(LinkInline link)
    {
        var text = new StringBuilder();
        foreach (var literal in link.Descendants<LiteralInline>()) { text.Append(literal.Content.AsSpan()); }
        return text.ToString();
    }
}
