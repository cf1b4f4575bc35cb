using System.Text;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Tests.Exchange.Gateway;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Evidence;

/// <summary>The platform's operator cannot read what was called: not one byte of it lies anywhere in the data folder.</summary>
[OnDatabase]
public sealed class SecrecyTests
{
    [Fact]
    public async Task Calls_OfAnySize_LeaveNoPlaintextInTheDataFolderOrTheDatabase()
    {
        await using var provider = await DepartmentService.StartAsync();
        await using var platform = await OwnPlatform.StartAsync(b => GatewayFixture.Configure(b.Configuration));
        var services = platform.App.Services;
        var scene = await GatewayFixture.SceneAsync(services, provider);
        var (inTarget, inRequest, inAnswer, inLarge) = ("marker-in-the-target-7d1f", "marker-in-the-request-7d1f", "marker-in-the-answer-7d1f", "marker-in-the-large-body-7d1f");
        scene.AnswerJson($$"""{"name":"{{inAnswer}}"}""");
        using var client = GatewayFixture.Client(new Uri(platform.App.Urls.First()));
        using var call = scene.Call(HttpMethod.Post, $"/firms?who={inTarget}");
        call.Content = new StringContent($$"""{"name":"{{inRequest}}"}""", Encoding.UTF8, "application/json");
        using var answer = await client.SendAsync(call);
        (await answer.Content.ReadAsStringAsync()).ShouldContain(inAnswer);
        var large = await Calls.RecordAsync(services, Calls.Of(scene, response: Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(inLarge, 20_000)))));
        await Calls.SealedAsync(services, large.Id, Guid.Parse(answer.Headers.GetValues("X-Road-Request-Id").Single()));

        // The parties can read it.
        var kept = await GatewayFixture.WithDb(services, db => db.Calls.AsNoTracking().SingleAsync(c => c.Id != large.Id));
        var content = await Calls.OpenAsync(services, kept, scene.Provider.Id);
        Encoding.UTF8.GetString(content.RequestHead.Span).ShouldContain(inTarget);
        Encoding.UTF8.GetString(content.RequestBody!.Value.Span).ShouldContain(inRequest);
        Encoding.UTF8.GetString(content.ResponseBody!.Value.Span).ShouldContain(inAnswer);

        var seen = 0L;
        await foreach (var (file, bytes) in StoredFiles.InAsync(platform.Folder))
        {
            seen += bytes.Length;
            foreach (var marker in new[] { inTarget, inRequest, inAnswer, inLarge })
            {
                foreach (var encoding in new[] { Encoding.UTF8, Encoding.Unicode })
                {
                    bytes.AsSpan().IndexOf(encoding.GetBytes(marker)).ShouldBe(-1, $"{marker} in {file}");
                }
            }
        }

        seen.ShouldBeGreaterThan(400_000);
        // Where the database is no file of the folder, its rows.
        foreach (var row in await GatewayFixture.WithDb(services, db => db.Calls.AsNoTracking().ToListAsync()))
        {
            foreach (var marker in new[] { inTarget, inRequest, inAnswer, inLarge })
            {
                $"{row.Service} {row.MessageId} {row.Method}".ShouldNotContain(marker);
                (row.Sealed ?? []).AsSpan().IndexOf(Encoding.UTF8.GetBytes(marker)).ShouldBe(-1);
            }
        }
    }
}
