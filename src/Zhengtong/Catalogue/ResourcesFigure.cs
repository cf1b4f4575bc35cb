using Microsoft.EntityFrameworkCore;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;

namespace Zhengtong.Catalogue;

/// <summary>How many information resources are published.</summary>
internal sealed class ResourcesFigure(ZhengtongDb db) : IHomeFigure
{
    public int Order => 20;

    public string TextKey => "catalogue.figure.published";

    public async Task<long> CountAsync(CancellationToken ct) => await db.Resources.LongCountAsync(r => r.State == ResourceState.Published, ct);
}

/// <summary>How many information items the published resources hold.</summary>
internal sealed class ItemsFigure(ZhengtongDb db) : IHomeFigure
{
    public int Order => 21;

    public string TextKey => "catalogue.figure.items";

    public async Task<long> CountAsync(CancellationToken ct) => await db.Resources.Where(r => r.State == ResourceState.Published).SelectMany(r => r.Items).LongCountAsync(ct);
}
