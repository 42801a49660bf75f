// dotnet run -c Release --project benchmarks/Micro -- --filter '*Echo*'
using BenchmarkDotNet.Running;
using UpgradeProtocols.Benchmarks;

BenchmarkSwitcher.FromAssembly(typeof(EchoBenchmark).Assembly).Run(args);
