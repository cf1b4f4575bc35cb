using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Portal;

/// <summary>A table that a component shows; public because components are, what it holds is not.</summary>
public sealed class ShownTable
{
    internal ShownTable(DataTable table) => Table = table;

    /// <summary>The table.</summary>
    internal DataTable Table { get; }
}
