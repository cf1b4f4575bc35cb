using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Model;
using Zhengtong.Cloud.Resources;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Objects;

namespace Zhengtong.Cloud.Sites;

/// <summary>Takes the files of a site, whichever way they come: checked and packed anew, kept in the store, and on their way into the instance.</summary>
internal sealed class SiteUploads(ZhengtongDb db, ObjectStore objects, Deployment deployment, Reconcilers reconcilers, TimeProvider clock)
{
    private const int MostAttempts = 5;

    /// <summary>Takes a zip.</summary>
    /// <param name="id">The resource.</param>
    /// <param name="zip">Its bytes, read to their end.</param>
    /// <param name="actor">Who sends it.</param>
    /// <param name="ct">Stops it.</param>
    /// <returns>The site as it now is to be, or why not.</returns>
    internal async Task<(CloudSite? Site, ProblemHttpResult? Problem)> TakeAsync(Guid id, Stream zip, Actor actor, CancellationToken ct)
    {
        var (_, refusal) = await OwnAsync(id, actor, ct);
        if (refusal is not null) { return (null, refusal); }
        await using var packed = Passing();
        SiteContent content;
        await using (var given = Passing())
        {
            if (!await CopyAsync(zip, given, ct)) { return (null, KernelProblems.TooLarge.Because($"{SiteArchive.MostZipBytes}")); }
            given.Position = 0;
            content = await SiteArchive.RepackAsync(given, packed, ct);
        }

        if (content.Fault is { } fault) { return (null, CloudProblems.SiteArchive.For(new Dictionary<string, string[]> { ["file"] = [SentenceOf(fault, content.Where)] })); }
        packed.Position = 0;
        var put = await objects.PutAsync(packed, ct);
        for (var attempt = 1; ; attempt++)
        {
            try { return await SaveAsync(id, put, content, actor, ct); }
            catch (Exception e) when (DatabaseErrors.IsLostRace(e) && attempt < MostAttempts) { db.ChangeTracker.Clear(); }
        }
    }

    internal static string SentenceOf(string fault, string? where) => Text.Of($"cloud.site.archive.{fault}", where, SiteArchive.MostEntries, SiteArchive.MostBytes / 1024 / 1024);

    private async Task<(CloudSite? Site, ProblemHttpResult? Problem)> SaveAsync(Guid id, PutObject put, SiteContent content, Actor actor, CancellationToken ct)
    {
        var (resource, refusal) = await OwnAsync(id, actor, ct);
        if (resource is null) { return (null, refusal); }
        var now = clock.GetUtcNow();
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var site = await db.CloudSites.SingleOrDefaultAsync(s => s.ResourceId == id, ct);
        if (site is null) { db.CloudSites.Add(site = CloudSite.Of(resource)); }
        else { site.Touch(); }
        var owner = CloudSite.OwnerOf(id);
        if (site.Files is { } before && before != put.Digest) { await db.ObjectReferences.Where(r => r.Digest == before && r.Owner == owner).ExecuteDeleteAsync(ct); }
        if (site.Files != put.Digest) { db.ObjectReferences.Add(new ObjectReference { Digest = put.Digest, Owner = owner, Since = now }); }
        (site.Files, site.FileCount, site.FileBytes, site.UploadedAt) = (put.Digest, content.Files, content.Bytes, now);
        db.Ledger.Add(LedgerEntry.Of("cloud.site-uploaded", id, actor, now, after: new { resource.Number, site.Name, digest = put.Digest.Value, content.Files, content.Bytes }));
        await db.SaveChangesAsync(ct);
        await DueAsync(db, id, now, ct);
        await transaction.CommitAsync(ct);
        reconcilers.Wake<DeliverResources>();
        return (site, null);
    }

    /// <summary>Has the delivery look at a resource that is there; one that waits for somebody's decision goes on waiting. A step that is under way and read the former state loses, and is made again.</summary>
    internal static Task<int> DueAsync(ZhengtongDb db, Guid id, DateTimeOffset now, CancellationToken ct) => db.CloudResources
        .Where(r => r.Id == id && r.State != CloudResourceState.Lost && r.State != CloudResourceState.Failed && r.State != CloudResourceState.Removed)
        .ExecuteUpdateAsync(set => set.SetProperty(r => r.NextAt, now).SetProperty(r => r.Attempts, 0).SetProperty(r => r.Revision, r => r.Revision + 1), ct);

    /// <summary>A site of the actor's own organisation, or why not.</summary>
    internal async Task<(CloudResource? Resource, ProblemHttpResult? Problem)> OwnAsync(Guid id, Actor actor, CancellationToken ct)
    {
        if (await ResourceAccess.OwnAsync(db, id, actor, ct) is not { } resource) { return (null, CloudProblems.ResourceNotFound.Because($"{id}")); }
        if (resource.Form != ResourceForm.Site) { return (null, CloudProblems.NotASite.Because(resource.Number)); }
        return resource.IsGone || resource.Wish == ResourceWish.Removed ? (null, CloudProblems.ResourceGone.Because(resource.Number)) : (resource, null);
    }

    /// <summary>A file of ours that goes when it is closed.</summary>
    private FileStream Passing() => new(deployment.PathOf("cloud", "sites", $"{Guid.CreateVersion7(clock.GetUtcNow()):N}"), new FileStreamOptions
    {
        Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });

    private static async Task<bool> CopyAsync(Stream from, FileStream to, CancellationToken ct)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReadAsync(buffer, ct) is > 0 and var read)
        {
            if (to.Length + read > SiteArchive.MostZipBytes) { return false; }
            await to.WriteAsync(buffer.AsMemory(0, read), ct);
        }

        return true;
    }
}
