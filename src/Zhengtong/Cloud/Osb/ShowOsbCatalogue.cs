using Zhengtong.Catalogue;

namespace Zhengtong.Cloud.Osb;

internal static class ShowOsbCatalogue
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/catalog", Handle);

    /// <summary>The published services, as a broker's catalogue.</summary>
    internal static async Task<OsbAnswer> Handle(CloudServiceLookup services, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var offered = (await services.PublishedAsync(ct)).Where(s => OsbCatalogue.Serves(s.Form)).ToList();
        var priced = (await CloudPriceLookup.AtAsync(db, [.. offered.Select(s => s.Code)], clock.GetUtcNow(), ct)).Select(p => (p.ServiceCode, p.PlanCode)).ToHashSet();
        return OsbAnswer.Ok(new
        {
            services = offered.Select(s => new
            {
                id = s.Code, name = s.Code, description = s.Name, bindable = OsbCatalogue.IsBindable(s.Form), instances_retrievable = true, bindings_retrievable = OsbCatalogue.IsBindable(s.Form), plan_updateable = false,
                metadata = new { displayName = s.Name },
                plans = s.Plans.Select(p => new
                {
                    id = OsbCatalogue.PlanIdOf(s.Code, p.Code), name = p.Code, description = p.Name, free = !priced.Contains((s.Code, p.Code)), metadata = new { displayName = p.Name },
                    schemas = new { service_instance = new { create = new { parameters = OsbCatalogue.CreateSchemaOf(p) }, update = new { parameters = OsbCatalogue.UpdateSchemaOf(p) } } },
                }),
            }),
        });
    }
}
