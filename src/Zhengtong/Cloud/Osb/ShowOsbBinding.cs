using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Osb;

internal static class ShowOsbBinding
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/service_instances/{instance}/service_bindings/{binding}", Handle);

    /// <summary>A binding with its credentials.</summary>
    internal static async Task<OsbAnswer> Handle(string instance, string binding, HttpContext http, ZhengtongDb db, Vault vault, CancellationToken ct)
    {
        if (await OsbStanding.FindAsync(db, OsbCaller.Of(http), instance, ct) is not { State: OsbState.There } known
            || await db.OsbBindings.AsNoTracking().SingleOrDefaultAsync(b => b.InstanceId == known.Instance.Id && b.RemoteId == binding, ct) is not { } row)
        {
            return OsbAnswer.Refuse(404, null, Text.Of("cloud.osb.none"));
        }

        return await BindOsbInstance.TellAsync(200, row, http, db, vault, known.Resource!, ct);
    }
}
