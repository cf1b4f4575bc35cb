using System.Net.Http.Json;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Kernel.Mail;

/// <summary>The program killed between the server's having a letter and its own knowing so.</summary>
public sealed class KilledSenderTests
{
    [Fact]
    public async Task Serve_KilledBeforeItKnewThatALetterWasTaken_SendsItOnceMoreUnderTheSameName()
    {
        await using var server = await MailServer.StartAsync();
        var folder = Directory.CreateTempSubdirectory("zhengtong-killed-").FullName;
        var deployment = new Deployment(folder, null, "", Demo: false);
        (string, string)[] settings =
        [
            ("Zhengtong:Mail:Host", "127.0.0.1"), ("Zhengtong:Mail:Port", $"{server.Port}"), ("Zhengtong:Mail:Security", "None"), ("Zhengtong:Mail:From", "data@platform.example"), ("Zhengtong:Mail:PublicAddress", "https://data.example"),
        ];
        try
        {
            using var first = ServedProcess.Start(deployment, settings);
            var address = await first.ReadyAsync();
            server.OnTaken = first.KillAsync;
            using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = address };
            (await client.PostAsJsonAsync("/api/v1/developer-keys", new { name = "An app", mail = "a@example.org", scopes = new[] { "rows" } })).EnsureSuccessStatusCode();
            await UntilAsync(() => Task.FromResult(first.HasEnded));
            server.Got.Count.ShouldBe(1);

            server.OnTaken = () => Task.CompletedTask;
            using var second = ServedProcess.Start(deployment, settings);
            await second.ReadyAsync();
            await UntilAsync(() => Task.FromResult(server.Got.Count >= 2));
            server.Got.Select(g => g.Message.MessageId).Distinct().Count().ShouldBe(1);
            // Longer than the sender's rhythm: it has learnt that the letter is taken.
            var sessions = server.Sessions;
            await Task.Delay(TimeSpan.FromSeconds(7));
            (server.Got.Count, server.Sessions).ShouldBe((2, sessions));
            second.Output.ShouldNotContain("a@example.org");
            await second.KillAsync();
        }
        finally { Directory.Delete(folder, recursive: true); }
    }
}
