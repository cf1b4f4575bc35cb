using Zhengtong.Bench;

if (args is ["ledger", .. var server])
{
    await LedgerBench.RunAsync(server.FirstOrDefault(), [10_000, 100_000, 1_000_000], Console.Out, CancellationToken.None);
}
else
{
    Console.WriteLine("Zhengtong.Bench ledger [POSTGRES]");
}
