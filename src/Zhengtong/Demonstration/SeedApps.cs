using System.Globalization;
using System.IO.Enumeration;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.OpenData.Apps;
using Zhengtong.OpenData.Keys;
using Zhengtong.OpenData.Reuse;

namespace Zhengtong.Demonstration;

/// <summary>Sends the portal's own apps to the showcase as any maker does, with a developer's key and the columns that they use, once all their datasets are published; the department whose data they use most shows them.</summary>
internal sealed class SeedApps(
    OpenDataPlan plan, Province province, ZhengtongDb db, GuideSources sources, IOptions<GuideOptions> guides, KeysTaken taken, IOptions<PublicLimitsOptions> limits, Voices voices, SubscriptionMail mail, TimeProvider clock) : IReconciler
{
    public string Name => "demonstration.apps";

    public TimeSpan Every => TimeSpan.FromMinutes(1);

    public async Task<Pass> ReconcileAsync(CancellationToken ct)
    {
        var made = 0;
        foreach (var guide in Guide.All)
        {
            // What was refused or taken back is not sent again.
            if (await db.ShowcaseApps.AnyAsync(a => a.Link == guide.Path, ct) || await UsesAsync(guide, ct) is not { Count: > 0 } uses) { continue; }
            await SendAsync(guide, uses, ct);
            db.ChangeTracker.Clear();
            made++;
        }

        return Pass.Settled(made);
    }

    /// <summary>The datasets of a guide with the columns it uses; null while some are still to come.</summary>
    private async Task<IReadOnlyList<AppUseBody>?> UsesAsync(Guide guide, CancellationToken ct)
    {
        var (planned, uses) = (plan.Datasets(province).Select(d => d.Name).ToList(), new List<AppUseBody>());
        foreach (var kind in guide.Kinds)
        {
            var found = await sources.OfAsync(kind, ct);
            if (found.Count < planned.Count(name => guides.Value.Of(kind).Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name)))) { return null; }
            uses.AddRange(found.Select(s => new AppUseBody(s.Dataset, [.. s.Columns.All().Select(c => c.Name)])));
        }

        return uses;
    }

    private async Task SendAsync(Guide guide, IReadOnlyList<AppUseBody> uses, CancellationToken ct)
    {
        // What the showcase says is one language's, whatever the machine speaks.
        CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo("zh-CN");
        var (http, name, maker) = (new DefaultHttpContext(), Text.Of($"open-data.apps.{guide.Id}.name"), Text.Of("open-data.portal.name"));
        var key = Expect.Done<Created<DeveloperKeyTokenResponse>>((await CreateKey.Handle(new CreateDeveloperKeyRequest(name, null, [KeyScope.Rows]), http, Actor.Visitor, db, taken, voices, mail, limits, clock, ct)).Result);
        var request = new SubmitAppRequest(name, Text.Of($"open-data.apps.{guide.Id}.lead"), guide.Path, maker, uses);
        var sent = Expect.Done<Created<SubmitAppResponse>>((await SubmitApp.Handle(key.Value!.Token, request, http, Actor.Visitor, db, voices, mail, clock, ct)).Result);
        var officer = await Officers.ActorAsync(db, $"{(guide.Id == "tour" ? "tourism" : "health")}-officer", ct);
        var app = await db.ShowcaseApps.AsNoTracking().SingleAsync(a => a.Id == sent.Value!.Id, ct);
        Expect.Done<NoContent>((await ReviewApp.Handle(app.Id, new ReviewAppRequest(true, null, app.Revision), officer, db, clock, ct)).Result);
    }
}
