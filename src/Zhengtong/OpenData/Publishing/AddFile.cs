using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.OpenData.Publishing;

internal static class AddFile
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/datasets/{id:guid}/draft/files", Handle)
        .Requires(Right.OpenData).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(413).Accepts<Stream>("*/*").TakesUpTo(null).DisableRequestTimeout();

    /// <summary>Put a file into the draft of a dataset; the body is the file, of any size up to the platform's limit.</summary>
    /// <param name="id">The dataset.</param>
    /// <param name="fileName">The file's name with its ending, which says the format; folders before it and characters that no file may have are taken off. At most 500 characters.</param>
    /// <param name="name">What readers see; the file's name when not said. At most 200 characters.</param>
    /// <param name="replaces">The file of the draft whose place, id and description it takes over; nothing for a new one.</param>
    /// <response code="201">Added; ledger event open-data.file-added.</response>
    /// <response code="400">open-data.invalid</response>
    /// <response code="403">open-data.not-publisher</response>
    /// <response code="404">open-data.not-found, open-data.resource-not-found</response>
    /// <response code="409">open-data.wrong-state, open-data.too-many-files, open-data.changed-meanwhile</response>
    /// <response code="413">open-data.file-too-large</response>
    internal static async Task<Results<Created<DatasetResourceDetail>, ProblemHttpResult>> Handle(
        Guid id, [Required, StringLength(500)] string fileName, [StringLength(200)] string? name, Guid? replaces, HttpRequest http, Actor actor, DraftFiles files, CancellationToken ct)
    {
        var (added, problem) = await files.AddAsync(id, new NewDatasetFile(fileName, name, replaces), http.Body, actor, ct);
        return added is null ? problem! : TypedResults.Created($"/api/v1/datasets/{id}", DatasetResourceDetail.Of(added));
    }
}
