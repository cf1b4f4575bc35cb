using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Zhengtong.Kernel.Calendar;

/// <summary>A limit in working days.</summary>
/// <param name="Code">Its stable code.</param>
/// <param name="Name">As officials say it.</param>
/// <param name="Days">Working days.</param>
/// <param name="StartEvent">The event that starts the clock.</param>
/// <param name="Source">The law, regulation or notice.</param>
/// <param name="IsConfirmed">True when somebody read the number in the source's own text.</param>
/// <param name="InForceFrom">Events from this day on; until a later row of the same code.</param>
public sealed record DeadlineRuleResponse(string Code, string Name, int Days, string StartEvent, string Source, bool IsConfirmed, DateOnly InForceFrom);

internal static class ListDeadlineRules
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/calendar/deadline-rules", Handle).AllowAnonymous();

    /// <summary>List the limits in working days with their sources; open to everybody.</summary>
    /// <response code="200">All rules by code and day; there are few.</response>
    internal static async Task<Ok<IReadOnlyList<DeadlineRuleResponse>>> Handle(ZhengtongDb db, CancellationToken ct) =>
        TypedResults.Ok<IReadOnlyList<DeadlineRuleResponse>>(await db.DeadlineRules.AsNoTracking().OrderBy(r => r.Code).ThenBy(r => r.InForceFrom)
            .Select(r => new DeadlineRuleResponse(r.Code, r.Name, r.Days, r.StartEvent, r.Source, r.IsConfirmed, r.InForceFrom)).ToListAsync(ct));
}
