using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Zhengtong.Web.Components;

/// <summary>What the address asks of a list: <c>?sort=-name&amp;page=2&amp;size=50</c> and its filters. A value that makes no sense counts as not given.</summary>
public sealed class Listing
{
    /// <summary>The page sizes on offer; the first is the default.</summary>
    public static readonly IReadOnlyList<int> Sizes = [20, 50, 100];

    private readonly Dictionary<string, StringValues> query;

    private Listing(string path, Dictionary<string, StringValues> query) => (Path, this.query) = (path, query);

    /// <summary>The page's path without the query.</summary>
    public string Path { get; }

    /// <summary>The page asked for, from 1.</summary>
    public int Page => Number("page") is > 0 and <= 1_000_000 and var page ? page : 1;

    /// <summary>Rows on a page, one of <see cref="Sizes"/>.</summary>
    public int Size => Number("size") is var size && Sizes.Contains(size) ? size : Sizes[0];

    /// <summary>Rows before the page.</summary>
    public int Skip => (Page - 1) * Size;

    /// <summary>The column to sort by; empty for the list's own order.</summary>
    public string Sort => this["sort"].TrimStart('-');

    /// <summary>True for the largest first.</summary>
    public bool Descending => this["sort"].StartsWith('-');

    /// <summary>The text of a query field without outer white space, empty when absent.</summary>
    /// <param name="name">Name of the field.</param>
    public string this[string name] => query.TryGetValue(name, out var value) ? value.ToString().Trim() : "";

    /// <summary>Reads path and query of an address.</summary>
    /// <param name="uri">An absolute address, or one from the root.</param>
    public static Listing Of(string uri)
    {
        var address = new Uri(new Uri("http://localhost/"), uri);
        return new Listing(address.AbsolutePath, QueryHelpers.ParseQuery(address.Query));
    }

    /// <summary>The member of the enumeration that the field names, or null.</summary>
    /// <param name="name">Name of the field.</param>
    /// <typeparam name="T">The enumeration.</typeparam>
    public T? Choice<T>(string name) where T : struct, Enum =>
        Enum.TryParse<T>(this[name], ignoreCase: true, out var value) && Enum.IsDefined(value) ? value : null;

    /// <summary>The same list with some fields changed; null takes a field away. A change of anything but the page leads to page 1.</summary>
    /// <param name="changes">Field and value.</param>
    public string With(params ReadOnlySpan<(string Name, object? Value)> changes) => To(Path, changes);

    /// <summary>Another address with the same fields, some of them changed.</summary>
    /// <param name="path">The address without a query.</param>
    /// <param name="changes">Field and value.</param>
    public string To(string path, params ReadOnlySpan<(string Name, object? Value)> changes)
    {
        var next = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (name, value) in query)
        {
            if (name != "page" && !StringValues.IsNullOrEmpty(value)) { next[name] = value.ToString(); }
        }

        foreach (var (name, value) in changes)
        {
            if (value is null) { next.Remove(name); } else { next[name] = Convert.ToString(value, CultureInfo.InvariantCulture); }
        }

        return QueryHelpers.AddQueryString(path, next);
    }

    private int Number(string name) => int.TryParse(this[name], NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;
}
