using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Portal;

/// <summary>How many datasets are published.</summary>
internal sealed class DatasetsFigure(ZhengtongDb db) : IHomeFigure
{
    public int Order => 30;

    public string TextKey => "open-data.portal.figure.datasets";

    public Task<long> CountAsync(CancellationToken ct) => db.Datasets.LongCountAsync(d => d.State == DatasetState.Published, ct);
}

/// <summary>How many rows the published datasets hold.</summary>
internal sealed class RowsFigure(ZhengtongDb db) : IHomeFigure
{
    public int Order => 31;

    public string TextKey => "open-data.portal.figure.rows";

    public Task<long> CountAsync(CancellationToken ct) => db.Datasets.Where(d => d.State == DatasetState.Published && d.OpenAttribute == OpenAttribute.Unconditional).SumAsync(d => d.Rows, ct);
}
