using Zhengtong;

return await Verbs.Root().Parse(args).InvokeAsync();
