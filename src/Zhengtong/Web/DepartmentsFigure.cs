using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong.Web;

/// <summary>How many departments are on the platform.</summary>
internal sealed class DepartmentsFigure(ZhengtongDb db) : IHomeFigure
{
    public int Order => 10;

    public string TextKey => "web.figure.departments";

    public async Task<long> CountAsync(CancellationToken ct) => await db.Organisations.LongCountAsync(o => o.Kind == OrganisationKind.Department, ct);
}
