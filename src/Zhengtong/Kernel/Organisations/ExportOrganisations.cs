using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Organisations;

/// <summary>The organisations as the page shows them under the same filters, as a file.</summary>
internal static class ExportOrganisations
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/admin/organisations/export.{format}", Handle).Requires(Right.ManageOrganisations).ExcludeFromDescription();

    internal static Task<IResult> Handle(string format, HttpContext http, ZhengtongDb db, Paging paging, CancellationToken ct) => OrganisationsPage.ExportAsync(format, http.Request, db, paging, ct);
}
