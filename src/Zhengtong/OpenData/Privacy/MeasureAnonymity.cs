using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.OpenData.Privacy;

/// <summary>Which columns of which table are to be looked at together.</summary>
/// <param name="Resource">The resource whose table it is.</param>
/// <param name="Columns">Published names, 1 to 10: what somebody may know of a person from elsewhere.</param>
/// <param name="K">How many rows should share the same values at least, 2 to 1,000; the platform's own measure when null.</param>
public sealed record MeasureAnonymityRequest(Guid Resource, [Required, MinLength(1), MaxLength(10)] IReadOnlyList<string> Columns, [Range(2, 1_000)] int? K);

/// <summary>How the rows fall into groups of equal values; no value is told.</summary>
/// <param name="K">The measure.</param>
/// <param name="Rows">All rows.</param>
/// <param name="Groups">Different combinations.</param>
/// <param name="Smallest">Rows of the smallest group: the table is so-many-anonymous.</param>
/// <param name="GroupsBelow">Groups with fewer rows than k.</param>
/// <param name="RowsBelow">Rows in those.</param>
public sealed record Anonymity(int K, long Rows, long Groups, long Smallest, long GroupsBelow, long RowsBelow);

internal static class MeasureAnonymity
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/datasets/{id:guid}/versions/{number:int}/anonymity", Handle)
        .Requires(Right.ReadWork).ProducesProblem(400).ProducesProblem(404);

    /// <summary>Measure how well persons are hidden among others: k-anonymity over chosen columns. For the dataset's own department; nothing is kept.</summary>
    /// <param name="id">The dataset.</param>
    /// <param name="number">The version, from 1.</param>
    /// <param name="request">Table and columns.</param>
    /// <response code="200">The measure.</response>
    /// <response code="400">open-data.invalid when a column is not there</response>
    /// <response code="404">open-data.not-found</response>
    internal static async Task<Results<Ok<Anonymity>, ProblemHttpResult>> Handle(
        Guid id, int number, MeasureAnonymityRequest request, Actor actor, ZhengtongDb db, Examination examination, IOptions<PrivacyOptions> options, CancellationToken ct)
    {
        var version = await db.DatasetVersions.AsNoTracking().Where(v => v.DatasetId == id && v.Number == number && db.Datasets.Any(d => d.Id == id && d.PublisherId == actor.Organisation)).SingleOrDefaultAsync(ct);
        if (version?.Resources.FirstOrDefault(r => r.Id == request.Resource)?.Table is not { } table) { return OpenDataProblems.NotFound.Because($"{id} {number} {request.Resource}"); }
        var columns = request.Columns.Distinct(StringComparer.Ordinal).ToList();
        if (columns.Exists(c => table.Find(c) is null)) { return OpenDataProblems.Invalid.For(new Dictionary<string, string[]> { ["columns"] = [Text.Of("open-data.privacy.column-unknown")] }); }

        var k = request.K ?? options.Value.K;
        var grouping = await examination.GroupAsync(table, columns, k, ct);
        return TypedResults.Ok(new Anonymity(k, grouping.Rows, grouping.Groups, grouping.Smallest, grouping.GroupsBelow, grouping.RowsBelow));
    }
}
