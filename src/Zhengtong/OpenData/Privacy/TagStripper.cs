using System.Text;

namespace Zhengtong.OpenData.Privacy;

/// <summary>Takes the tags out of markup, piece by piece. Those within a run of text of a document vanish, so that a number written in two parts is one again; any other ends a line.</summary>
internal sealed class TagStripper
{
    private static readonly HashSet<string> WithinText = ["w:r", "w:t", "w:rpr", "w:rfonts", "w:b", "w:i", "w:sz", "w:szcs", "w:color", "w:lang", "w:prooferr", "w:u", "a:r", "a:t", "a:rpr", "r", "t", "rpr", "text:span", "span", "b", "i", "u", "em", "strong", "font"];
    private readonly StringBuilder tag = new();
    private bool isInside;

    /// <summary>The text of the next piece.</summary>
    internal string Strip(string markup)
    {
        var text = new StringBuilder(markup.Length);
        foreach (var c in markup)
        {
            if (!isInside)
            {
                if (c == '<') { (isInside, _) = (true, tag.Clear()); } else { text.Append(c); }
            }
            else if (c == '>')
            {
                isInside = false;
                if (!WithinText.Contains(NameOf(tag.ToString()))) { text.Append('\n'); }
            }
            else if (tag.Length < 40) { tag.Append(c); }
        }

        return text.ToString();
    }

    private static string NameOf(string tag)
    {
        var name = tag.TrimStart('/').TrimEnd('/');
        var end = name.AsSpan().IndexOfAny(' ', '\n', '\t');
        return (end < 0 ? name : name[..end]).ToLowerInvariant().TrimEnd('/');
    }
}
