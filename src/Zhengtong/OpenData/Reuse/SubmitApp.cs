using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Mail;
using Zhengtong.Kernel.Notices;
using Zhengtong.OpenData.Apps;
using Zhengtong.OpenData.Keys;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Reuse;

/// <summary>A dataset that an app uses.</summary>
/// <param name="Dataset">Name in the dataset's address.</param>
/// <param name="Columns">The columns it uses, by their published names; at most 200; left out for whole files.</param>
public sealed record AppUseBody([Required, StringLength(100, MinimumLength = 2)] string Dataset, [MaxLength(200)] IReadOnlyList<string>? Columns);

/// <summary>An app for the showcase.</summary>
/// <param name="Name">What it is called, 2 to 100 characters.</param>
/// <param name="Summary">What it does, 10 to 2,000 characters, plain text.</param>
/// <param name="Link">Where it is: an http or https address, or the path of one of the portal's own apps; at most 500 characters.</param>
/// <param name="Maker">Who made it, 2 to 100 characters.</param>
/// <param name="Uses">What it uses, 1 to 60 datasets.</param>
public sealed record SubmitAppRequest(
    [Required, StringLength(100, MinimumLength = 2)] string Name, [Required, StringLength(2000, MinimumLength = 10)] string Summary, [Required, StringLength(500)] string Link,
    [Required, StringLength(100, MinimumLength = 2)] string Maker, [Required, MinLength(1), MaxLength(60)] IReadOnlyList<AppUseBody> Uses);

/// <summary>An app as it was taken.</summary>
/// <param name="Id">Its id; <c>/open/apps</c> has it once it is shown.</param>
public sealed record SubmitAppResponse(Guid Id);

internal static class SubmitApp
{
    /// <summary>Apps of one key that may wait.</summary>
    private const int MostOfOne = 10;

    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/apps", Handle).AllowAnonymous().ProducesProblem(400).ProducesProblem(404).ProducesProblem(429);

    /// <summary>Send an app to the showcase, with the developer's key that is warned before what it uses changes. A department whose data it uses looks at it first.</summary>
    /// <param name="token">The key's token.</param>
    /// <param name="request">The app.</param>
    /// <param name="http">The call.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="db">The database.</param>
    /// <param name="voices">How much one address may write.</param>
    /// <param name="mail">Asks the key's address to confirm, once, so that it can be warned there.</param>
    /// <param name="clock">When.</param>
    /// <param name="ct">Stops it.</param>
    /// <response code="201">Taken; ledger event open-data.app-submitted.</response>
    /// <response code="400">kernel.invalid: no such dataset or column, or no address of the web.</response>
    /// <response code="404">open-data.key-not-found</response>
    /// <response code="429">open-data.too-many-writings</response>
    internal static async Task<Results<Created<SubmitAppResponse>, ProblemHttpResult>> Handle(
        [FromHeader(Name = PublicLimits.Header)] string? token, SubmitAppRequest request, HttpContext http, Actor actor, ZhengtongDb db, Voices voices, SubscriptionMail mail, TimeProvider clock, CancellationToken ct)
    {
        if (await GetKey.FindAsync(token, db, ct) is not { } key) { return OpenDataProblems.KeyNotFound.Because(); }
        var (uses, publishers, faults) = await UsesOfAsync(db, request, ct);
        if (faults.Count > 0) { return KernelProblems.Invalid.For(faults); }
        if (!voices.MayWrite(http, new Voice(VoiceKind.Developer, $"k{key.Id:N}", key.Id))) { return OpenDataProblems.TooManyWritings.Because(); }
        if (await db.ShowcaseApps.CountAsync(a => a.KeyId == key.Id && a.State == AppState.Waiting, ct) >= MostOfOne) { return OpenDataProblems.TooManyWritings.Because(); }

        var now = clock.GetUtcNow();
        var app = new ShowcaseApp { Id = Guid.CreateVersion7(now), Name = request.Name.Trim(), Summary = request.Summary.Trim(), Link = request.Link.Trim(), Maker = request.Maker.Trim(), KeyId = key.Id, At = now };
        db.ShowcaseApps.Add(app);
        db.AppUses.AddRange(uses.Select(u => new AppUse { AppId = app.Id, DatasetId = u.Key, Columns = [.. u.Value] }));
        db.Notices.AddRange(publishers.Select(p => Notice.Of(p, NoticeTone.Info, "open-data.reuse.notice.app", "/work/open-data/apps", now, app.Name)));
        db.Ledger.Add(LedgerEntry.Of("open-data.app-submitted", app.Id, actor, now, after: new { app.Name, app.Link, key = key.Id, datasets = uses.Keys }));
        // A key from before mail was set up has an address that nobody asked to confirm.
        if (mail.IsOn && MailAddress.Parse(key.Mail) is { } address && !await db.MailSubscriptions.AnyAsync(s => s.Topic == MailTopic.Key && s.TopicId == key.Id, ct) && voices.MayAskForMail(http))
        {
            await mail.AskAsync(MailTopic.Key, key.Id, Text.Of("open-data.mail.about-key"), address, MailRhythm.AtOnce, actor, now, ct);
        }

        await db.SaveChangesAsync(ct);
        return TypedResults.Created($"/api/v1/apps/{app.Id}", new SubmitAppResponse(app.Id));
    }

    private static async Task<(Dictionary<Guid, HashSet<string>> Uses, HashSet<Guid> Publishers, Dictionary<string, string[]> Faults)> UsesOfAsync(ZhengtongDb db, SubmitAppRequest request, CancellationToken ct)
    {
        var (uses, publishers, faults) = (new Dictionary<Guid, HashSet<string>>(), new HashSet<Guid>(), new Dictionary<string, string[]>());
        if (request.Uses.Any(u => u?.Dataset is null))
        {
            faults["uses"] = [Text.Of("open-data.reuse.dataset-unknown")];
            return (uses, publishers, faults);
        }

        if (!IsWeb(request.Link) && !Guide.IsOwn(request.Link)) { faults["link"] = [Text.Of("open-data.reuse.link-wrong")]; }
        var names = request.Uses.Select(u => u.Dataset.Trim()).Distinct().ToList();
        var datasets = await db.Datasets.AsNoTracking().Where(d => names.Contains(d.Name) && d.State == DatasetState.Published && d.OpenAttribute != OpenAttribute.NotOpen).ToDictionaryAsync(d => d.Name, ct);
        var ids = datasets.Values.Select(d => d.Id).ToList();
        var columns = (await db.PublicResources.AsNoTracking().Where(r => ids.Contains(r.DatasetId) && r.HasTable).ToListAsync(ct))
            .ToLookup(r => r.DatasetId, r => r.Resource.Table!.Columns.Select(c => c.Name));
        foreach (var (n, use) in request.Uses.Index())
        {
            if (!datasets.TryGetValue(use.Dataset.Trim(), out var dataset)) { faults[$"uses[{n}].dataset"] = [Text.Of("open-data.reuse.dataset-unknown-named", use.Dataset)]; continue; }
            var known = columns[dataset.Id].SelectMany(c => c).ToHashSet(StringComparer.Ordinal);
            var unknown = (use.Columns ?? []).Where(c => c is null || !known.Contains(c)).ToList();
            if (unknown.Count > 0) { faults[$"uses[{n}].columns"] = [Text.Of("open-data.reuse.columns-unknown", string.Join(", ", unknown.Take(10)))]; continue; }
            publishers.Add(dataset.PublisherId);
            if (!uses.TryGetValue(dataset.Id, out var used)) { uses[dataset.Id] = used = new HashSet<string>(StringComparer.Ordinal); }
            used.UnionWith(use.Columns ?? []);
        }

        return (uses, publishers, faults);
    }

    /// <summary>True for an http or https address without a name or password in it.</summary>
    internal static bool IsWeb(string link) => Uri.TryCreate(link.Trim(), UriKind.Absolute, out var uri) && (uri.Scheme is "http" or "https") && uri.UserInfo.Length == 0 && uri.Host.Length > 0;
}
