using Zhengtong;

// What is under way at Ctrl-C ends by itself, in its own time; an engine with its instances takes some seconds.
return await Verbs.Root().Parse(args).InvokeAsync(new System.CommandLine.InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(2) });
