using Zhengtong.Kernel;

namespace Zhengtong.Cloud.Osb;

internal static class ShowOsbInstance
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/service_instances/{instance}", Handle);

    /// <summary>An instance that is there.</summary>
    internal static async Task<OsbAnswer> Handle(string instance, HttpContext http, ZhengtongDb db, CancellationToken ct)
    {
        if (await OsbStanding.FindAsync(db, OsbCaller.Of(http), instance, ct) is not { State: OsbState.There } known) { return OsbAnswer.Refuse(404, null, Text.Of("cloud.osb.none")); }
        if ((await known.ChangeAsync(db, ct)).IsOpen) { return OsbAnswer.Refuse(422, "ConcurrencyError", Text.Of("cloud.osb.changing")); }
        return OsbAnswer.Ok(new
        {
            service_id = known.Instance.ServiceCode, plan_id = OsbCatalogue.PlanIdOf(known.Instance.ServiceCode, known.Instance.PlanCode),
            parameters = new { amounts = known.Resource!.Amounts.ToDictionary(a => a.Kind, a => a.Amount), until = ChinaTime.DateOf(known.Resource.Until.AddTicks(-1)).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture) },
        });
    }
}
