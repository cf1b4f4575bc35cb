using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;

namespace Zhengtong.Cloud.Osb;

internal static class AskOsbOperation
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/service_instances/{instance}/last_operation", Handle);

    /// <summary>How the last operation on an instance stands.</summary>
    internal static async Task<OsbAnswer> Handle(string instance, HttpContext http, ZhengtongDb db, CancellationToken ct)
    {
        var operation = http.Request.Query["operation"].ToString();
        if (await OsbStanding.FindAsync(db, OsbCaller.Of(http), instance, ct) is not { } known)
        {
            return operation == DeprovisionOsbInstance.Operation ? OsbAnswer.Nothing(410) : OsbAnswer.Refuse(404, null, Text.Of("cloud.osb.none"));
        }

        if (operation.Length == 0) { operation = known.State is OsbState.Removing or OsbState.Gone ? DeprovisionOsbInstance.Operation : known.Instance.ChangeId is null ? ProvisionOsbInstance.Operation : UpdateOsbInstance.OperationOf(known.Instance); }
        if (operation == DeprovisionOsbInstance.Operation)
        {
            return known.State switch
            {
                OsbState.Gone => Said("succeeded", null),
                OsbState.Removing when known.Resource!.State == CloudResourceState.Failed => Said("failed", known.Said),
                _ => Said("in progress", known.Said),
            };
        }

        if (operation == ProvisionOsbInstance.Operation)
        {
            return known.State switch
            {
                OsbState.Draft or OsbState.Making => Said("in progress", known.Said),
                OsbState.There => Said("succeeded", null),
                _ => Said("failed", known.Said),
            };
        }

        if (known.Instance.ChangeId is null || operation != UpdateOsbInstance.OperationOf(known.Instance)) { return OsbAnswer.Refuse(400, null, Text.Of("cloud.osb.unknown", "operation")); }
        var (isOpen, isRefused, said) = await known.ChangeAsync(db, ct);
        return isOpen ? Said("in progress", said) : Said(isRefused ? "failed" : "succeeded", said);
    }

    private static OsbAnswer Said(string state, string? description) => OsbAnswer.Ok(new { state, description });
}
