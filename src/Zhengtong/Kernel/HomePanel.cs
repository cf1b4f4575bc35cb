namespace Zhengtong.Kernel;

/// <summary>A section that a module puts on the public home page; registered as a singleton.</summary>
/// <param name="Component">A Razor component without parameters that reads only what the public may read.</param>
/// <param name="Order">Place on the page, ascending.</param>
internal sealed record HomePanel(Type Component, int Order);

/// <summary>One of the numbers of the province on the public home page; registered scoped.</summary>
internal interface IHomeFigure
{
    /// <summary>Place in the row, ascending.</summary>
    int Order { get; }

    /// <summary>Key of what is counted: <c>catalogue.figure.published</c>.</summary>
    string TextKey { get; }

    /// <summary>The number now; not negative.</summary>
    Task<long> CountAsync(CancellationToken ct);
}
