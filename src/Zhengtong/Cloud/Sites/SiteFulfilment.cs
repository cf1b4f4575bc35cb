using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Objects;

namespace Zhengtong.Cloud.Sites;

/// <summary>Sites: an instance like any other, and in it, where the platform serves, a web server with the files of the last upload. Which files an instance has it says itself, in a mark beside them that is written last; so
/// an attempt that was broken off anywhere is simply made again, and what a restore brought back is noticed.</summary>
internal sealed class SiteFulfilment(ZhengtongDb db, PoolEngines engines, InstanceFulfilment instances, ObjectStore objects) : IFulfilment
{
    /// <summary>Inside the instance: the files in <c>www</c>, which is what the gateway asks for, and beside it what nobody is to see.</summary>
    internal const string Folder = "/var/zhengtong";
    internal const string Served = "/www";
    private const string Packed = Folder + "/next.tar";

    /// <summary>0 when a web server of ours runs. Read from the kernel, for <c>ps</c> differs from image to image; the script itself must not be what is found.</summary>
    private const string Runs = """cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\000' ' ' | grep -q '[h]ttpd -f -p 80 -h /var/zhengtong'""";

    /// <summary>0 when the files of the given digest are there and a server gives them out.</summary>
    private const string Look = $"""[ "$(cat /var/zhengtong/mark 2>/dev/null)" = "$1" ] && {Runs}""";

    /// <summary>Unpacks beside what is served and changes places, so that a visitor finds the old or the new. An image with busybox's init is told to keep the server running; elsewhere it is started.</summary>
    private const string Fill = $"""
        set -e
        cd /var/zhengtong
        rm -rf next old mark
        mkdir next
        tar -xf next.tar -C next
        if [ -e www ]; then mv www old; fi
        mv next www
        rm -rf old next.tar
        serve='-f -p 80 -h /var/zhengtong'
        if [ -f /etc/inittab ]; then
          if ! grep -q "httpd $serve" /etc/inittab; then
            echo "::respawn:/bin/busybox httpd $serve" >>/etc/inittab
            kill -HUP 1
          fi
        elif ! {Runs}; then
          setsid busybox httpd $serve </dev/null >/dev/null 2>&1 &
        fi
        echo "$1" >mark.new
        mv mark.new mark
        """;

    /// <summary>What is served before the first upload; in one language, so that it is the same whoever makes it.</summary>
    private static readonly byte[] EmptyPage = Text.In("zh-CN", () => SiteArchive.OfPage($"<!doctype html><meta charset=\"utf-8\"><title>{Text.Of("cloud.site.empty")}</title><p>{Text.Of("cloud.site.empty")}</p>"));
    private static readonly Digest EmptyDigest = Digest.Of(EmptyPage);

    public ResourceForm Form => ResourceForm.Site;

    public async Task<DeliveryStep> StepAsync(CloudResource resource, CancellationToken ct)
    {
        var step = await instances.StepAsync(resource, ct);
        if (step is not { Sight: Sight.Running, Problem: null } || resource.Wish != ResourceWish.Running || resource.PoolId is not { } poolId) { return step; }
        var site = await db.CloudSites.AsNoTracking().SingleOrDefaultAsync(s => s.ResourceId == resource.Id, ct);
        // A restored one of which no upload is known any more keeps what its backup had.
        if (site is { Server: SiteServer.Own } || (site is null && resource.BackupId is not null)) { return step; }
        var pool = await db.ResourcePools.AsNoTracking().SingleAsync(p => p.Id == poolId, ct);
        if (engines.Of(pool) is not { IsDone: true, Value: { } engine }) { return step with { Problem = "no-engine" }; }
        return step with { Problem = await FillAsync(engine, InstanceFulfilment.IdOf(resource), site?.Files, ct) };
    }

    public Task<TaskStep> DoAsync(CloudResource resource, ResourceTask task, CancellationToken ct) => instances.DoAsync(resource, task, ct);

    /// <summary>Null when the instance serves these files; else why not yet.</summary>
    private async Task<string?> FillAsync(CloudEngine engine, InstanceId id, Digest? files, CancellationToken ct)
    {
        var wanted = (files ?? EmptyDigest).Value;
        if (await RunAsync(engine, id, Look, wanted, ct) is null) { return null; }
        if (await RunAsync(engine, id, $"mkdir -p {Folder}", wanted, ct) is { } unmade) { return unmade; }
        await using var content = files is { } digest ? await objects.OpenAsync(digest, ct) : new MemoryStream(EmptyPage, writable: false);
        if (content is null) { return "site-files"; }
        var put = await engine.PutFileAsync(id, Packed, content, ct);
        return put.IsDone ? await RunAsync(engine, id, Fill, wanted, ct) : put.Code;
    }

    private static async Task<string?> RunAsync(CloudEngine engine, InstanceId id, string script, string digest, CancellationToken ct)
    {
        var ran = await engine.ExecAsync(id, new ExecOrder("sh", "-c", script, "sh", digest) { MostBytes = 64 * 1024, Time = TimeSpan.FromMinutes(2) }, ct);
        return !ran.IsDone ? ran.Code : ran.Value.ExitCode == 0 ? null : "site-setup";
    }
}
