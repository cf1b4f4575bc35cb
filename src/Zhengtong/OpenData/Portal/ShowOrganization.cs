using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Organisations;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Portal;

/// <summary>The address of a department as other portals write it, by its id or its unified social credit code: leads to its datasets.</summary>
internal static class ShowOrganization
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/organization/{name}", Handle).AllowAnonymous().ExcludeFromDescription();

    internal static async Task<Results<RedirectHttpResult, ProblemHttpResult>> Handle(string name, ZhengtongDb db, CancellationToken ct)
    {
        var publishers = db.Organisations.Where(o => db.Datasets.Any(d => d.PublisherId == o.Id && d.State == DatasetState.Published));
        var found = Guid.TryParseExact(name, "D", out var id) ? await publishers.FirstOrDefaultAsync(o => o.Id == id, ct)
            : CreditCode.TryParse(name.ToUpperInvariant(), null, out var code) ? await publishers.FirstOrDefaultAsync(o => o.CreditCode == code, ct) : null;
        return found is null ? OpenDataProblems.NotFound.Because() : TypedResults.Redirect($"/dataset?publisher={found.Id}");
    }
}
