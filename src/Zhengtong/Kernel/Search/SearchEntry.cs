namespace Zhengtong.Kernel.Search;

/// <summary>By which terms something is found; saved together with the thing itself.</summary>
internal sealed class SearchEntry
{
    /// <summary>Given by the database; the embedded one finds the row by it.</summary>
    internal long Id { get; private set; }

    /// <summary>Module, dot, what it is: <c>catalogue.resource</c>.</summary>
    internal required string Kind { get; init; }

    /// <summary>Id of the thing.</summary>
    internal required Guid Subject { get; init; }

    /// <summary>Terms of its name, which weigh more; by <see cref="Bigrams.ToIndex"/>.</summary>
    internal required string Title { get; set; }

    /// <summary>Terms of all else.</summary>
    internal required string Body { get; set; }
}
